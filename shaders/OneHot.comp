#version 450
// OneHot: y[i, c] = 1 where c = index[i], else 0.
// Shapes  index (N) u32 or i32, y (N, C) f32 of count elements.
// Grid    1-D, each.glsl, a unit is an element of y.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, C; DIVISOR(C)
#define BUFFERS IN(uint, Index, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "each.glsl"

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint i = OVER(u, C);
        STORE(Y, u, LOAD(Index, i) == u - i * C ? 1.0 : 0.0);
    }
}
