#version 450
// BatchNormalization.slices: the first of three dispatches. For slice s of the rows: mean[s, c], spread[s, c] = sum of (x - mean[s, c])^2.
// Shapes  x (rows, C) f32; mean, spread (slices, C) f32. C counts units, count = slices * C of them; a slice has sliceRows rows, the last may have fewer.
// Order   fixed. Differences from the first row are summed, so that channels far from 0 lose no digits. The second walk over a slice finds it in a cache; a variance from sums of squares would cancel.
// Grid    1-D, an invocation for one channel of a slice (WIDTH 1) or four (WIDTH 4).
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, rows, C, sliceRows; DIVISOR(C)
#define BUFFERS IN(float, X, 0) OUT(float, Mean, 1) OUT(float, Spread, 2)
#include "buffers.glsl"
#include "wide.glsl"
layout(local_size_x_id = 0) in; // 64

void main()
{
    uint u = LINEAR_INDEX;
    if (u >= count) return;
    uint s = OVER(u, C), c = u - s * C, first = s * sliceRows, end = min(rows, first + sliceRows);
    uint start = first * C + c, stop = end * C; // kept by addition: a multiplication for each load costs a processor more than the load
    VALUE shift = GET(X, start), mean = VALUE(0.0), spread = VALUE(0.0);
    for (uint at = start; at < stop; at += C) mean += GET(X, at) - shift;
    mean = shift + mean / float(end - first);
    for (uint at = start; at < stop; at += C) {
        VALUE d = GET(X, at) - mean;
        spread += d * d;
    }
    PUT(Mean, u, mean);
    PUT(Spread, u, spread);
}
