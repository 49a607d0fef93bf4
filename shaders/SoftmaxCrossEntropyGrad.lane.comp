#version 450
// SoftmaxCrossEntropyGrad, for processors: dx_i = (softmax(x)_i sum_j t_j - t_i) dloss.
// Shapes  x, t, dx (rows, 16 * PAIRS) f32, dloss (rows) f32.
// Needs, Order, NaN: rows-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, T, 1) IN(float, Dloss, 2) OUT(float, Dx, 3)
#include "buffers.glsl"
#include "rows-lane.glsl"

void main()
{
    uint64_t at = rowOffset();
    float v[VECTORS];
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) v[i] = load8(ADDRESS(X) + at + 32ul * i);
    float sum = exponentials(v, largestOf(v)), dloss = WORD(ADDRESS(Dloss) + 4ul * thisRow(), 0), targets[4];
    [[unroll]] for (uint i = 0; i < 4; ++i) targets[i] = 0.0;
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) targets[i & 3u] += load8(ADDRESS(T) + at + 32ul * i);
    float scale = rowSum(targets) / sum;
    [[unroll]] for (uint i = 0; i < PAIRS; ++i) {
        uint64_t pair = at + 64ul * i;
        store16(ADDRESS(Dx) + pair, (v[2 * i] * scale - load8(ADDRESS(T) + pair)) * dloss, (v[2 * i + 1] * scale - load8(ADDRESS(T) + pair + 32ul)) * dloss);
    }
}
