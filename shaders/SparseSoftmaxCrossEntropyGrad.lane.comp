#version 450
// SparseSoftmaxCrossEntropyGrad, for processors: dx_i = (softmax(x)_i - [i = label]) dloss; a row of NaN for a label that is not below 16 * PAIRS.
// Shapes  x, dx (rows, 16 * PAIRS) f32, label (rows) u32, dloss (rows) f32.
// Needs, Order, NaN: rows-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) IN(uint, Label, 1) IN(float, Dloss, 2) OUT(float, Dx, 3)
#include "buffers.glsl"
#include "rows-lane.glsl"

void main()
{
    uint64_t at = rowOffset();
    float v[VECTORS];
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) v[i] = load8(ADDRESS(X) + at + 32ul * i);
    float scale = 1.0 / exponentials(v, largestOf(v)), dloss = WORD(ADDRESS(Dloss) + 4ul * thisRow(), 0);
    uint label = floatBitsToUint(WORD(ADDRESS(Label) + 4ul * thisRow(), 0));
    dloss = label < 16u * PAIRS ? dloss : uintBitsToFloat(0x7fc00000u);
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) v[i] = (v[i] * scale - (label == 8u * i + LANE ? 1.0 : 0.0)) * dloss;
    [[unroll]] for (uint i = 0; i < PAIRS; ++i) store16(ADDRESS(Dx) + at + 64ul * i, v[2 * i], v[2 * i + 1]);
}
