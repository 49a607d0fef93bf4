#version 450
// Finite, for processors: worst[g] = the largest of the bits of |x| over 8 TERMS neighbours, straight-line code, uniform addresses (lane-words.glsl).
// Shapes  x f32 of 8 * TERMS * SUBGROUPS * workgroups, worst u32 of SUBGROUPS * workgroups.
// Needs   at most 32768 workgroups; subgroups of eight; DeviceLimits.HasLaneWords.
// Tune    SUBGROUPS, TERMS.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) OUT(uint, Worst, 1)
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint TERMS = 64;

void main()
{
    uint g = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint64_t at = ADDRESS(X) + 4ul * (8u * TERMS * g);
    uint worst[4];
    [[unroll]] for (uint a = 0; a < 4; ++a) worst[a] = 0u;
    [[unroll]] for (uint k = 0; k < TERMS; ++k) worst[k & 3u] = max(worst[k & 3u], floatBitsToUint(load8(at + 32ul * k)) & 0x7fffffffu);
    uint most = max(max(worst[0], worst[1]), max(worst[2], worst[3]));
    most = max(max(max(FROM(most, 0), FROM(most, 1)), max(FROM(most, 2), FROM(most, 3))), max(max(FROM(most, 4), FROM(most, 5)), max(FROM(most, 6), FROM(most, 7))));
    if (LANE == 0u) uint_at(ADDRESS(Worst) + 4ul * g).e[0] = most;
}
