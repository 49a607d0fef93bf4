#version 450
// Dropout, for CPU drivers: as Dropout.comp, straight-line code. y_i = scale x_i where the upper 24 bits of random word i are at least the threshold, else 0.
// Shapes  x, y of count f32; seed low, seed high, step () u32.
// Source  philox.glsl: words as RandomBits of the same stream makes them. No mask is stored.
// Needs   HasLaneWords; 32 * UNITS * SUBGROUPS * workgroups == count.
// Alias   y may be x: a block is read before its place is written, and none is computed twice.
// Grid    1-D, folded onto y past 32,768; a subgroup takes UNITS times eight blocks of four elements.
// Tune    SUBGROUPS, UNITS.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH uint count, stream, threshold; float scale;
#define BUFFERS IN(float, X, 0) IN(uint, SeedLow, 1) IN(uint, SeedHigh, 2) IN(uint, Step, 3) OUT(float, Y, 4)
#include "buffers.glsl"
#include "lane-words.glsl"
#include "philox.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint UNITS = 8;

void main()
{
    uvec2 seed = uvec2(LOAD(SeedLow, 0u), LOAD(SeedHigh, 0u));
    uint step_ = LOAD(Step, 0u);
    uint first = (uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID)) * (8u * UNITS);
    [[unroll]] for (uint u = 0; u < UNITS; ++u)
    {
        uint block = first + 8u * u;
        uvec4 words = graphRandom(block + LANE, stream, step_, seed) >> 8;
        // Lane l has the words of elements 4 l .. 4 l + 3 of the 32: so it takes them from where they lie.
        float_at x = float_at(ADDRESS(X) + 16ul * block);
        vec4 v;
        [[unroll]] for (uint k = 0; k < 4; ++k) v[k] = LANES8(x.e[k], x.e[4u + k], x.e[8u + k], x.e[12u + k], x.e[16u + k], x.e[20u + k], x.e[24u + k], x.e[28u + k]) * scale;
        uvec4 y = floatBitsToUint(mix(vec4(0.0), v, greaterThanEqual(words, uvec4(threshold)))); // a dropped NaN is gone: the choice is made on words
        Pair_at to = Pair_at(ADDRESS(Y) + 16ul * (block + LANE));
        to.e[0] = packUint2x32(y.xy);
        to.e[1] = packUint2x32(y.zw);
    }
}
