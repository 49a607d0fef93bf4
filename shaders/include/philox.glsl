#ifndef FORGE_PHILOX
#define FORGE_PHILOX
// philox.glsl: Philox4x32-10 and what random kernels make of its words; the same as Forge.Core's Philox and GraphRandom.
//   Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC'11).
// Layout  element i of a random op is word i % 4 of the block with
//         counter (i / 4, stream, step, 0x47525048), key (seed low, seed high): one invocation makes four elements.
#include "math.glsl"

uvec4 philox(uvec4 c, uvec2 k)
{
    for (int turn = 0; turn < 10; ++turn)
    {
        uint evenHigh, evenLow, oddHigh, oddLow;
        umulExtended(0xD2511F53u, c.x, evenHigh, evenLow);
        umulExtended(0xCD9E8D57u, c.z, oddHigh, oddLow);
        c = uvec4(oddHigh ^ c.y ^ k.x, oddLow, evenHigh ^ c.w ^ k.y, evenLow);
        k += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// Words of elements 4 * block .. 4 * block + 3.
uvec4 graphRandom(uint block, uint stream, uint step_, uvec2 seed) { return philox(uvec4(block, stream, step_, 0x47525048u), seed); }

// In [0, 1), a multiple of 2^-24.
float unit(uint word) { return float(word >> 8) * 5.9604644775390625e-8; }

// Two normal numbers from two words (Box and Muller): the radius from (0, 1], the angle from [0, 1) of a turn.
vec2 normals(uint a, uint b)
{
    float u = float((a >> 8) + 1u) * 5.9604644775390625e-8;
    return sqrt(-2.0 * logF(u)) * sinCosTurns(unit(b)).yx;
}
#endif
