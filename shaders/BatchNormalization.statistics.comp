#version 450
// BatchNormalization.statistics: the second of three dispatches. Joins the slices' means and spreads, a channel an invocation.
//   mean = mean_0 + sum of k_s (mean_s - mean_0) / rows, variance = (sum of spread_s + k_s (mean_s - mean)^2) / rows, k_s the rows of slice s.
//   Differences are summed rather than means, so that channels far from 0 lose no digits.
// Shapes  mean, spread (slices, C) f32; mean of all, variance (C) f32, biased. The last slice may have fewer than sliceRows rows.
// Order   fixed.
// Grid    1-D, an invocation for each channel.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint C, rows, slices, sliceRows;
#define BUFFERS IN(float, Mean, 0) IN(float, Spread, 1) OUT(float, AllMean, 2) OUT(float, Variance, 3)
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 64

void main()
{
    uint c = LINEAR_INDEX;
    if (c >= C) return;
    float first = LOAD(Mean, c), shift = 0.0, spread = 0.0;
    for (uint s = 1u; s < slices; ++s) shift += float(min(rows - s * sliceRows, sliceRows)) * (LOAD(Mean, s * C + c) - first);
    shift /= float(rows);
    for (uint s = 0u; s < slices; ++s) {
        float away = LOAD(Mean, s * C + c) - first - shift;
        spread += LOAD(Spread, s * C + c) + float(min(rows - s * sliceRows, sliceRows)) * away * away;
    }
    STORE(AllMean, c, first + shift);
    STORE(Variance, c, spread / float(rows));
}
