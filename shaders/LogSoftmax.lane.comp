#version 450
// LogSoftmax, for processors: y_i = x_i - m - log sum_j e^(x_j - m), m the maximum of the row.
// Shapes  x, y (rows, 16 * PAIRS) f32.
// Needs, Order, NaN: rows-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "rows-lane.glsl"

void main()
{
    uint64_t at = rowOffset();
    float v[VECTORS];
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) v[i] = load8(ADDRESS(X) + at + 32ul * i);
    float largest = largestOf(v), logSum = logF(sumOfExponentials(v, largest));
    [[unroll]] for (uint i = 0; i < PAIRS; ++i) store16(ADDRESS(Y) + at + 64ul * i, v[2 * i] - largest - logSum, v[2 * i + 1] - largest - logSum);
}
