#version 450
// SoftmaxCrossEntropy: loss = sum_i t_i (m - x_i + log sum_j e^(x_j - m)), m the maximum of the row. A target of 0 counts for nothing.
// Shapes  x, t (rows, C) f32, loss (rows) f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Needs   C > 0, counts < 2^31.
// Grid    rows.glsl: an invocation or a workgroup for each row.
// Tune    TREE (a macro, since shared memory depends on it), GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C;
#define BUFFERS IN(float, X, 0) IN(float, T, 1) OUT(float, Loss, 2)
#include "buffers.glsl"
#include "rows.glsl"

void main()
{
    uint row = thisRow(), at = row * C;
    if (row >= rows) return; // the whole workgroup
    NORMALIZER(X, at, largest, sum)
    float logSum = logF(sum), loss = 0.0;
    FOR_ROW(i) {
        float t = LOAD(T, at + i);
        if (t != 0.0 || isNaN(t) || isNaN(logSum)) loss += t * (largest - LOAD(X, at + i) + logSum);
    }
    loss = rowSum(loss);
    if (FIRST_LANE) STORE(Loss, row, loss);
}
