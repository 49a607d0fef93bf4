#version 450
// LogSoftmax: y_i = x_i - m - log sum_j e^(x_j - m) along the last axis, m the maximum of the row.
// Shapes  x, y (rows, C) f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Needs   C > 0, counts < 2^31.
// Grid    rows.glsl: an invocation or a workgroup for each row.
// Tune    TREE (a macro, since shared memory depends on it), GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C;
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "rows.glsl"

void main()
{
    uint row = thisRow(), at = row * C;
    if (row >= rows) return; // the whole workgroup
    NORMALIZER(X, at, largest, sum)
    float logSum = logF(sum);
    FOR_ROW(i) STORE(Y, at + i, LOAD(X, at + i) - largest - logSum);
}
