#version 450
// SoftmaxCrossEntropyGrad: dx_i = (softmax(x)_i sum_j t_j - t_i) dloss.
// Shapes  x, t, dx (rows, C) f32, dloss (rows) f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Needs   C > 0, counts < 2^31.
// Grid    rows.glsl: an invocation or a workgroup for each row.
// Tune    TREE (a macro, since shared memory depends on it), GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C;
#define BUFFERS IN(float, X, 0) IN(float, T, 1) IN(float, Dloss, 2) OUT(float, Dx, 3)
#include "buffers.glsl"
#include "rows.glsl"

void main()
{
    uint row = thisRow(), at = row * C;
    if (row >= rows) return; // the whole workgroup
    NORMALIZER(X, at, largest, sum)
    float targets = 0.0, dloss = LOAD(Dloss, row);
    FOR_ROW(i) targets += LOAD(T, at + i);
    float scale = rowSum(targets) / sum;
    FOR_ROW(i) STORE(Dx, at + i, (expF(LOAD(X, at + i) - largest) * scale - LOAD(T, at + i)) * dloss);
}
