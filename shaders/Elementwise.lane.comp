#version 450
// Elementwise, for processors: a chain of elementwise ops over vectors of eight, straight-line code, uniform addresses.
//   y_r[i] = chain(x_0[at_0(i)], x_1[at_1(i)], ...)
// Shapes  as Elementwise.comp; each x has the common shape, is one element, or repeats every P elements or for Q elements, P and Q multiples of 16.
// Needs   16 * SUBGROUPS * UNITS * workgroups == count, at most 32768 workgroups; subgroups of eight; DeviceLimits.HasLaneWords.
// Alias   an output may be an input of the same shape: sixteen elements are read before their places are written.
// Grid    1-D; a subgroup takes UNITS runs of sixteen elements.
// Tune    SUBGROUPS, UNITS: enough work that the look-up of ids is small, short enough code for the instruction cache.
#extension GL_GOOGLE_include_directive : require
#define INT64
#include "chain-buffers.glsl"   // made for the chain: BUFFERS and PUSH
#include "buffers.glsl"
#include "lane-words.glsl"
#include "math.glsl"
#include "chain.glsl"           // made for the chain: void chain(uint i)
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint UNITS = 16;

void main()
{
    uint i = (uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID)) * (16u * UNITS);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) chain(i + 16u * u);
}
