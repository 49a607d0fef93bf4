#version 450
// Finite, for processors: y, which is 1 before, becomes 0 where x or one, a single element, is not finite. A subgroup of eight takes 8 TERMS
// neighbours, straight-line code, uniform addresses (lane-words.glsl); the last ones overlap. last = count - 8 TERMS.
// Shapes  x f32 of 8 TERMS elements or more, one () f32, y () u32.
// Needs   at most 32768 workgroups; subgroups of eight; DeviceLimits.HasLaneWords.
// Order   none: whoever finds such an element writes the same 0.
// Tune    SUBGROUPS, TERMS.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH uint last;
#define BUFFERS IN(float, X, 0) IN(float, One, 1) INOUT(uint, Y, 2)
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint TERMS = 64;

void main()
{
    uint g = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint64_t at = ADDRESS(X) + 4ul * min(8u * TERMS * g, last);
    uint worst[4];
    [[unroll]] for (uint a = 0; a < 4; ++a) worst[a] = floatBitsToUint(WORD(ADDRESS(One), 0)) & 0x7fffffffu;
    [[unroll]] for (uint k = 0; k < TERMS; ++k) worst[k & 3u] = max(worst[k & 3u], floatBitsToUint(load8(at + 32ul * k)) & 0x7fffffffu);
    if (max(max(worst[0], worst[1]), max(worst[2], worst[3])) >= 0x7f800000u) ATOMIC_AND(Y, 0u, 0u);
}
