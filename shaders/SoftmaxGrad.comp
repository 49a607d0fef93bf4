#version 450
// SoftmaxGrad: dx_i = y_i (dy_i - sum_j dy_j y_j) along the last axis.
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
    float dot_ = 0.0;
    FOR_ROW(i) dot_ += LOAD(Y, at + i) * LOAD(Dy, at + i);
    dot_ = rowSum(dot_);
    FOR_ROW(i) STORE(Dx, at + i, LOAD(Y, at + i) * (LOAD(Dy, at + i) - dot_));
}
