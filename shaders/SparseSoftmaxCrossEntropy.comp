#version 450
// SparseSoftmaxCrossEntropy: loss = m - x_label + log sum_j e^(x_j - m), m the maximum of the row; NaN for a label that is not below C.
// Shapes  x (rows, C) f32, label (rows) u32, loss (rows) f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Needs   C > 0, counts < 2^31.
// Grid    rows.glsl: an invocation or a workgroup for each row.
// Tune    TREE (a macro, since shared memory depends on it), GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C;
#define BUFFERS IN(float, X, 0) IN(uint, Label, 1) OUT(float, Loss, 2)
#include "buffers.glsl"
#include "rows.glsl"

void main()
{
    uint row = thisRow(), at = row * C;
    if (row >= rows) return; // the whole workgroup
    NORMALIZER(X, at, largest, sum)
    uint label = LOAD(Label, row);
    float loss = uintBitsToFloat(0x7fc00000u);
    if (label < C) loss = largest - LOAD(X, at + label) + logF(sum);
    if (FIRST_LANE) STORE(Loss, row, loss);
}
