// channels-lane.glsl: what batch normalisation's shaders for processors share: (rows, C) cut into runs of ROWS rows x 8 * VECTORS channels, one a
// subgroup, straight-line code over vectors of eight channels.
//   Run r = runOfThis();          its first channel, and the byte at which its first row starts in x and its like
//   PER_CHANNEL(name, r, v)       eight channels of a (C) buffer
// Needs   C = 8 * VECTORS * SUBGROUPS * workgroups along x; ROWS * workgroups along y rows; at most 32768 workgroups along an axis; DeviceLimits.HasLaneWords.
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint ROWS = 32;
layout(constant_id = 3) const uint C = 16; // known to the compiler, so that addresses fold

struct Run { uint c, index; uint64_t at; };

Run runOfThis()
{
    uint c = (uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID)) * (8u * VECTORS), index = uniform15(gl_WorkGroupID.y);
    return Run(c, index, 4ul * (uint64_t(index * ROWS) * C + c));
}

#define PER_CHANNEL(name, r, v) load8(ADDRESS(name) + 4ul * (r).c + 32ul * (v))
