#version 450
// Random, for CPU drivers: as Random.comp, straight-line code. RandomBits (MAKE 0), RandomUniform (MAKE 1: a + b u) and RandomNormal (MAKE 2: a + b z).
// Shapes  seed low, seed high, step () u32; y of count elements, f32 or, for bits, u32.
// Source  philox.glsl: the layout of words is its business.
// Needs   HasLaneWords; count a multiple of 4, and 32 UNITS or more.
// Grid    1-D, folded onto y past 32,768; a subgroup takes UNITS times eight blocks of four elements, the last ones overlap.
// Tune    SUBGROUPS, UNITS.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH uint count, stream; float a, b;
#define BUFFERS IN(uint, SeedLow, 0) IN(uint, SeedHigh, 1) IN(uint, Step, 2) OUT(uint, Y, 3)
#include "buffers.glsl"
#include "lane-words.glsl"
#include "philox.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint UNITS = 8;
layout(constant_id = 3) const uint MAKE = 0;

void main()
{
    uvec2 seed = uvec2(LOAD(SeedLow, 0u), LOAD(SeedHigh, 0u));
    uint step_ = LOAD(Step, 0u);
    uint run = (uniform15(gl_WorkGroupID.x) + 32768u * uniform15(gl_WorkGroupID.y)) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint first = min(run * (8u * UNITS), count / 4u - 8u * UNITS);
    [[unroll]] for (uint u = 0; u < UNITS; ++u)
    {
        uint q = first + 8u * u + LANE;
        uvec4 y = graphRandom(q, stream, step_, seed);
        if (MAKE == 1u) y = floatBitsToUint(a + b * vec4(unit(y.x), unit(y.y), unit(y.z), unit(y.w)));
        if (MAKE == 2u) y = floatBitsToUint(a + b * vec4(normals(y.x, y.y), normals(y.z, y.w)));
        Pair_at to = Pair_at(ADDRESS(Y) + 16ul * q);
        to.e[0] = packUint2x32(y.xy);
        to.e[1] = packUint2x32(y.zw);
    }
}
