#version 450
// ScatterAdd, for processors: as ScatterAdd.comp, but a workgroup adds whole rows, so that it reads and writes neighbours. y[r, d] = sum of x[i, d] over all i
// with index[i] = r; y is zeros before.
// Shapes  index (N) u32 or i32 (a negative one is a large u32), x (N, D) f32, y (V, D) f32; D counts units of WIDTH words.
// Order   of terms is the order of i, so the result is the same bits every time: a workgroup owns PANEL columns of `span` rows of y, and reads every index.
// Grid    x: panels of columns; y: spans of rows. Lanes take columns of a panel in turn.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint N, V, D, span, panel;
#define BUFFERS IN(uint, Index, 0) IN(float, X, 1) INOUT(float, Y, 2)
#include "buffers.glsl"
#include "wide.glsl"
layout(local_size_x_id = 0) in;

void main()
{
    uint first = gl_WorkGroupID.y * span, rows = min(span, V - first);
    uint begin = gl_WorkGroupID.x * panel, end = min(D, begin + panel);
    begin += gl_LocalInvocationID.x;
    for (uint i = 0u; i < N; ++i) {
        uint r = LOAD(Index, i);
        if (r - first >= rows) continue;
        for (uint d = begin; d < end; d += gl_WorkGroupSize.x) PUT(Y, r * D + d, GET(Y, r * D + d) + GET(X, i * D + d));
    }
}
