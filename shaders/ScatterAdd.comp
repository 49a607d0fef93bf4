#version 450
// ScatterAdd: adds rows into a table of zeros. y[r, d] = sum of x[i, d] over all i with index[i] = r; other indexes add nothing.
// Shapes  index (N) u32 or i32 (a negative one is a large u32), x (N, D) f32, y (V, D) f32.
// Order   of terms is the order of i, so the result is the same bits every time: an invocation owns column d of `span` rows of y, and reads every
//         index. No atomics.
// Grid    1-D, count = ceil(V / span) * D invocations.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, N, V, D, span; DIVISOR(D)
#define BUFFERS IN(uint, Index, 0) IN(float, X, 1) INOUT(float, Y, 2)
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 64

void main()
{
    uint u = LINEAR_INDEX;
    if (u >= count) return;
    uint part = OVER(u, D), d = u - part * D, first = part * span, end = min(V, first + span);
    for (uint r = first; r < end; ++r) STORE(Y, r * D + d, 0.0);
    for (uint i = 0u; i < N; ++i) {
        uint r = LOAD(Index, i);
        if (r >= first && r < end) STORE(Y, r * D + d, LOAD(Y, r * D + d) + LOAD(X, i * D + d));
    }
}
