#version 450
// Random: RandomBits (MAKE 0), RandomUniform (MAKE 1: a + b u) and RandomNormal (MAKE 2: a + b z), four elements from each Philox block.
// Shapes  seed low, seed high, step () u32; y of count elements, f32 or, for bits, u32.
// Source  philox.glsl: the layout of words is its business.
// Grid    1-D, each.glsl, a unit is a block; the last may be used in part.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count, stream; float a, b;
#define BUFFERS IN(uint, SeedLow, 0) IN(uint, SeedHigh, 1) IN(uint, Step, 2) OUT(uint, Y, 3)
#include "buffers.glsl"
#include "each.glsl"
#include "philox.glsl"
layout(constant_id = 2) const uint MAKE = 0;

void main()
{
    uvec2 seed = uvec2(LOAD(SeedLow, 0u), LOAD(SeedHigh, 0u));
    uint step_ = LOAD(Step, 0u);
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uvec4 y = graphRandom(q, stream, step_, seed);
        if (MAKE == 1u) y = floatBitsToUint(a + b * vec4(unit(y.x), unit(y.y), unit(y.z), unit(y.w)));
        if (MAKE == 2u) y = floatBitsToUint(a + b * vec4(normals(y.x, y.y), normals(y.z, y.w)));
        uint i = 4u * q;
        if (count - i >= 4u) STORE4(Y, i, y);
        else for (uint k = 0u; i + k < count; ++k) STORE(Y, i + k, k == 0u ? y.x : k == 1u ? y.y : y.z);
    }
}
