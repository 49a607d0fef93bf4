#version 450
// LaneProbe: how large are subgroups, and do those of a workgroup run one after the other, in order, each to its end, with no barrier between them?
//   y[w,0] = f(...f(f(1, 0), 1)..., S - 1),  f(v, s) = 1664525 v + 1013904223 + s; handed from subgroup to subgroup through shared memory
//   y[w,1] = subgroup size | lanes that vote << 8 | S << 16
// Shapes  y (workgroups, 2) u32; S = GROUP / subgroup size.
// Needs   ballots. Where sizes or order differ the numbers do, and LaneProbe.cs withdraws the kernels that lean on them.
// Grid    one workgroup an element.
#define BUFFERS OUT(uint, Y, 0)
#include "buffers.glsl"
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require
layout(local_size_x_id = 0) in;  // GROUP
shared uint passed;

void main() {
    uint before = gl_SubgroupID == 0u ? 1u : passed;
    uint v = before * 1664525u + 1013904223u + gl_SubgroupID;
    passed = v;
    uint voting = subgroupBallotBitCount(subgroupBallot(true));
    if (gl_SubgroupID == gl_NumSubgroups - 1u) STORE(Y, 2u * gl_WorkGroupID.x, v);
    if (gl_LocalInvocationIndex == 0u) STORE(Y, 2u * gl_WorkGroupID.x + 1u, gl_SubgroupSize | voting << 8 | gl_NumSubgroups << 16);
}
