#version 450
// SparseSoftmaxCrossEntropy, for processors: loss = m - x_label + log sum_j e^(x_j - m), m the maximum of the row; NaN for a label that is not below 16 * PAIRS.
// Shapes  x (rows, 16 * PAIRS) f32, label (rows) u32, loss (rows) f32.
// Needs, Order, NaN: rows-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) IN(uint, Label, 1) OUT(float, Loss, 2)
#include "buffers.glsl"
#include "rows-lane.glsl"

void main()
{
    uint64_t at = rowOffset();
    float v[VECTORS];
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) v[i] = load8(ADDRESS(X) + at + 32ul * i);
    float largest = largestOf(v), logSum = logF(sumOfExponentials(v, largest));
    uint label = floatBitsToUint(WORD(ADDRESS(Label) + 4ul * thisRow(), 0));
    float loss = largest - WORD(ADDRESS(X) + at + 4ul * min(label, 16u * PAIRS - 1u), 0) + logSum;
    storeWord(ADDRESS(Loss) + 4ul * thisRow(), label < 16u * PAIRS ? loss : uintBitsToFloat(0x7fc00000u));
}
