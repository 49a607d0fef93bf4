#version 450
// LogSoftmaxGrad, for processors: dx_i = dy_i - e^(y_i) sum_j dy_j.
// Shapes  y, dy, dx (rows, 16 * PAIRS) f32.
// Needs, Order, NaN: rows-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, Y, 0) IN(float, Dy, 1) OUT(float, Dx, 2)
#include "buffers.glsl"
#include "rows-lane.glsl"

void main()
{
    uint64_t at = rowOffset();
    float v[VECTORS], sums[4];
    [[unroll]] for (uint i = 0; i < 4; ++i) sums[i] = 0.0;
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) {
        v[i] = load8(ADDRESS(Dy) + at + 32ul * i);
        sums[i & 3u] += v[i];
    }
    float total = rowSum(sums);
    [[unroll]] for (uint i = 0; i < PAIRS; ++i) {
        uint64_t pair = at + 64ul * i;
        store16(ADDRESS(Dx) + pair, v[2 * i] - expF(load8(ADDRESS(Y) + pair)) * total, v[2 * i + 1] - expF(load8(ADDRESS(Y) + pair + 32ul)) * total);
    }
}
