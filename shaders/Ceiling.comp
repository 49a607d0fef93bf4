#version 450
// Ceiling: multiply-adds on registers and nothing else, for the most arithmetic a shader gets out of a device.
//   y[i] = sum over 12 chains of v, after 16 * rounds times v = v * scale + shift
// Shapes  y (invocations) f32.
// Needs   |scale| below 1, so that values stay finite.
// Grid    1-D, one invocation an element. 24 * 16 * rounds operations each; with rounds = 0 it is an empty kernel.
// Tune    nothing: 12 chains hide the latency of a multiply and an add on processors, and fit their 16 vector registers.
#define BUFFERS OUT(float, Y, 0)
#define PUSH uint rounds; float scale; float shift;
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP

#define CHAINS(v) v = v * scale + shift;
#define ALL CHAINS(a) CHAINS(b) CHAINS(c) CHAINS(d) CHAINS(e) CHAINS(f) CHAINS(g) CHAINS(h) CHAINS(j) CHAINS(k) CHAINS(l) CHAINS(m)
#define FOUR ALL ALL ALL ALL

void main()
{
    uint i = LINEAR_INDEX;
    float a = float(i & 255u), b = a + 1.0, c = a + 2.0, d = a + 3.0, e = a + 4.0, f = a + 5.0, g = a + 6.0, h = a + 7.0, j = a + 8.0, k = a + 9.0, l = a + 10.0, m = a + 11.0;
    for (uint r = 0u; r < rounds; ++r) { FOUR FOUR FOUR FOUR }
    STORE(Y, i, a + b + c + d + e + f + g + h + j + k + l + m);
}
