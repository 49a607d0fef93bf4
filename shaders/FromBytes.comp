#version 450
// FromBytes: bytes as numbers of a word each. y[i] = x[i].
// Shapes  x of count u8, four to a word, the first in the low bits; y of count f32, i32 or u32.
// Grid    1-D, each.glsl, a unit is four bytes; the last may hold fewer.
// Tune    GROUP, EACH. FLOAT says whether y is f32.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count;
#define BUFFERS IN(uint, X, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
#include "each.glsl"
layout(constant_id = 2) const uint FLOAT = 1;

void main()
{
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uint word = LOAD(X, q), i = 4u * q;
        uvec4 bytes = uvec4(word & 255u, word >> 8 & 255u, word >> 16 & 255u, word >> 24);
        if (FLOAT != 0u) bytes = floatBitsToUint(vec4(bytes));
        if (count - i >= 4u) STORE4(Y, i, bytes);
        else for (uint k = 0u; i + k < count; ++k) STORE(Y, i + k, k == 0u ? bytes.x : k == 1u ? bytes.y : bytes.z);
    }
}
