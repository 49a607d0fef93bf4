#version 450
// ToBytes: numbers as bytes. y[i] = x[i], truncated towards 0, then clamped to 0..255; a NaN gives 0.
// Shapes  x of count f32, i32 or u32; y of count u8, four to a word, the first in the low bits; bytes after the last are 0.
// Grid    1-D, each.glsl, a unit is a word of y: no other invocation writes to it. The last may hold fewer than four bytes.
// Tune    GROUP, EACH. FROM is the type of x: 0 f32, 1 i32, 2 u32.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count;
#define BUFFERS IN(uint, X, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
#include "each.glsl"
layout(constant_id = 2) const uint FROM = 0;

// A negative number has its highest bit set, as i32 and as f32; the bits of other floats grow with their values, NaNs above all.
uint byteOf(uint bits)
{
    if (FROM == 2u) return min(bits, 255u);
    if (bits >> 31 != 0u) return 0u;
    if (FROM == 1u) return min(bits, 255u);
    return bits > 0x7f800000u ? 0u : bits >= floatBitsToUint(255.0) ? 255u : uint(uintBitsToFloat(bits));
}

void main()
{
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uint i = 4u * q;
        uvec4 x = uvec4(0u);
        if (count - i >= 4u) x = LOAD4(X, i);
        else {
            x.x = LOAD(X, i);
            if (i + 1u < count) x.y = LOAD(X, i + 1u);
            if (i + 2u < count) x.z = LOAD(X, i + 2u);
        }
        STORE(Y, q, byteOf(x.x) | byteOf(x.y) << 8 | byteOf(x.z) << 16 | byteOf(x.w) << 24);
    }
}
