#version 450
// BatchNormalization.slices, for processors: mean[s, c], and spread[s, c] = sum of (x - mean[s, c])^2, of slice s: ROWS rows, kept in registers and on the stack.
// Shapes  x (rows, C) f32; mean, spread (slices, C) f32. Rows beyond the last whole slice are not read.
// Order   fixed: four sums, then pairs. Differences from the first row are summed, so that channels far from 0 lose no digits.
// Needs, Grid: channels-lane.glsl; a workgroup along y is a slice.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) OUT(float, Mean, 1) OUT(float, Spread, 2)
#include "buffers.glsl"
const uint VECTORS = 1;
#include "channels-lane.glsl"

void main()
{
    Run r = runOfThis();
    float x[ROWS], sums[4], spread[4];
    [[unroll]] for (uint i = 0; i < ROWS; ++i) x[i] = load8(ADDRESS(X) + r.at + 4ul * C * i);
    [[unroll]] for (uint a = 0; a < 4; ++a) sums[a] = spread[a] = 0.0;
    [[unroll]] for (uint i = 0; i < ROWS; ++i) sums[i & 3u] += x[i] - x[0];
    float mean = x[0] + ((sums[0] + sums[1]) + (sums[2] + sums[3])) / float(ROWS);
    [[unroll]] for (uint i = 0; i < ROWS; ++i) {
        float d = x[i] - mean;
        spread[i & 3u] += d * d;
    }
    uint64_t to = 4ul * (r.index * C + r.c + LANE);
    float_at(ADDRESS(Mean) + to).e[0] = mean;
    float_at(ADDRESS(Spread) + to).e[0] = (spread[0] + spread[1]) + (spread[2] + spread[3]);
}
