#version 450
// LogSoftmaxGrad: dx_i = dy_i - e^(y_i) sum_j dy_j along the last axis.
// Shapes  y, dy, dx (rows, C) f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Needs   C > 0, counts < 2^31.
// Grid    rows.glsl: an invocation or a workgroup for each row.
// Tune    TREE (a macro, since shared memory depends on it), GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C;
#define BUFFERS IN(float, Y, 0) IN(float, Dy, 1) OUT(float, Dx, 2)
#include "buffers.glsl"
#include "rows.glsl"

void main()
{
    uint row = thisRow(), at = row * C;
    if (row >= rows) return; // the whole workgroup
    float sum = 0.0;
    FOR_ROW(i) sum += LOAD(Dy, at + i);
    sum = rowSum(sum);
    FOR_ROW(i) STORE(Dx, at + i, LOAD(Dy, at + i) - expF(LOAD(Y, at + i)) * sum);
}
