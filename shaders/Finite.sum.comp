#version 450
// Finite.sum: the second of two dispatches. y = 1 where every word of worst stands for a finite number, else 0.
// Shapes  worst (words) u32, y () u32.
// Grid    one workgroup; its invocations' maxima meet in shared memory.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint words;
#define BUFFERS IN(uint, Worst, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 64
shared uint most;

void main()
{
    uint t = gl_LocalInvocationID.x, worst = 0u;
    for (uint i = t; i < words; i += gl_WorkGroupSize.x) worst = max(worst, LOAD(Worst, i));
    if (t == 0u) most = 0u;
    barrier();
    atomicMax(most, worst);
    barrier();
    if (t == 0u) STORE(Y, 0u, most < 0x7f800000u ? 1u : 0u);
}
