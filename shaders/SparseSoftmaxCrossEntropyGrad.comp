#version 450
// SparseSoftmaxCrossEntropyGrad: dx_i = (softmax(x)_i - [i = label]) dloss; a row of NaN for a label that is not below C.
// Shapes  x, dx (rows, C) f32, label (rows) u32, dloss (rows) f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Needs   C > 0, counts < 2^31.
// Grid    rows.glsl: an invocation or a workgroup for each row.
// Tune    TREE (a macro, since shared memory depends on it), GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C;
#define BUFFERS IN(float, X, 0) IN(uint, Label, 1) IN(float, Dloss, 2) OUT(float, Dx, 3)
#include "buffers.glsl"
#include "rows.glsl"

void main()
{
    uint row = thisRow(), at = row * C;
    if (row >= rows) return; // the whole workgroup
    NORMALIZER(X, at, largest, sum)
    uint label = LOAD(Label, row);
    float dloss = label < C ? LOAD(Dloss, row) : uintBitsToFloat(0x7fc00000u), scale = 1.0 / sum;
    FOR_ROW(i) STORE(Dx, at + i, (expF(LOAD(X, at + i) - largest) * scale - (i == label ? 1.0 : 0.0)) * dloss);
}
