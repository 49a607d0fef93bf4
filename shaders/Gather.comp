#version 450
// Gather: rows of a table by index. y[i, d] = table[index[i], d]; `missing` where the index is not below V.
// Shapes  table (V, D), index (N) u32 or i32 (a negative one is a large u32), y (N, D); 32-bit words. D counts units, count = N * D of them.
// Grid    1-D, each.glsl, a unit is one word of y (WIDTH 1) or four (WIDTH 4).
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, V, D, missing; DIVISOR(D)
#define BUFFERS IN(uint, Table, 0) IN(uint, Index, 1) OUT(uint, Y, 2)
#include "buffers.glsl"
#include "each.glsl"

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint i = OVER(u, D), from = LOAD(Index, i);
#if WIDTH == 4
        uvec4 words = uvec4(missing);
        if (from < V) words = LOAD4(Table, 4u * (from * D + u - i * D));
        STORE4(Y, 4u * u, words);
#else
        uint word = missing;
        if (from < V) word = LOAD(Table, from * D + u - i * D);
        STORE(Y, u, word);
#endif
    }
}
