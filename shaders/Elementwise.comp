#version 450
// Elementwise: a chain of elementwise ops; every value between the first load and the last store lives in a register.
//   y_r[i] = chain(x_0[at_0(i)], x_1[at_1(i)], ...)
// Shapes  every y has the common shape; each x broadcasts to it. Row-major. 32-bit types.
// Needs   count a multiple of WIDTH and below 2^31: the host checks, no release load tests a bound.
// Alias   an output may be an input of the same shape: each element is read before its place is written.
// Grid    1-D; an invocation takes EACH words of WIDTH elements, GROUP words apart, so that lanes touch neighbours.
// Tune    GROUP, EACH, WIDTH (1, 2 or 4).
#extension GL_GOOGLE_include_directive : require
#include "chain-buffers.glsl"   // made for the chain: BUFFERS and PUSH
#include "buffers.glsl"
#include "math.glsl"
#include "chain.glsl"           // made for the chain: void chain(uint i)
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 1) const uint EACH = 1;

void main()
{
    uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    uint i = (group * EACH * gl_WorkGroupSize.x + gl_LocalInvocationID.x) * WIDTH;
    for (uint e = 0; e < EACH; ++e, i += gl_WorkGroupSize.x * WIDTH)
        if (i < count) chain(i);
}
