#version 450
// SoftmaxCrossEntropy, for processors: loss = sum_i t_i (m - x_i + log sum_j e^(x_j - m)), m the maximum of the row. A target of 0 counts for nothing.
// Shapes  x, t (rows, 16 * PAIRS) f32, loss (rows) f32.
// Needs, Order, NaN: rows-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, T, 1) OUT(float, Loss, 2)
#include "buffers.glsl"
#include "rows-lane.glsl"

void main()
{
    uint64_t at = rowOffset();
    float v[VECTORS];
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) v[i] = load8(ADDRESS(X) + at + 32ul * i);
    float largest = largestOf(v), logSum = logF(sumOfExponentials(v, largest)), sums[4];
    [[unroll]] for (uint i = 0; i < 4; ++i) sums[i] = 0.0;
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) {
        float t = load8(ADDRESS(T) + at + 32ul * i), lost = t * (largest - v[i] + logSum);
        sums[i & 3u] += mix(lost, 0.0, t == 0.0);
    }
    storeWord(ADDRESS(Loss) + 4ul * thisRow(), isNaN(logSum) ? logSum : rowSum(sums));
}
