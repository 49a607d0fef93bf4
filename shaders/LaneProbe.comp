#version 450
// LaneProbe: do the subgroups of a workgroup run one after the other, in order, each to its end, with no barrier between them?
//   y[w] = f(...f(f(1, 0), 1)..., S - 1),  f(v, s) = 1664525 v + 1013904223 + s; handed from subgroup to subgroup through shared memory
// Shapes  y (workgroups) u32; S = GROUP / subgroup size.
// Needs   nothing: where the order differs the number does, and LaneProbe.cs withdraws the kernels that lean on it.
// Grid    one workgroup an element.
#define BUFFERS OUT(uint, Y, 0)
#include "buffers.glsl"
#extension GL_KHR_shader_subgroup_basic : require
layout(local_size_x_id = 0) in;  // GROUP
shared uint passed;

void main() {
    uint before = gl_SubgroupID == 0u ? 1u : passed;
    uint v = before * 1664525u + 1013904223u + gl_SubgroupID;
    passed = v;
    if (gl_SubgroupID == gl_NumSubgroups - 1u) STORE(Y, gl_WorkGroupID.x, v);
}
