#version 450
// MatMul, for its lane kernel: lays a factor out as panels of WIDTH columns, packed[panel][k][c] = q(k, column(panel) + c).
//   column(panel) = min(WIDTH panel, columns - WIDTH): the last panel overlaps its neighbour, as the last tile does.
// Shapes  source: (batch, K, columns), or (batch, columns, K) where TRANSPOSED; packed: (batch, panels, K, WIDTH).
// Grid    x: runs of RUN terms; y: panels; z: matrices. An invocation packs two columns.
// Needs   WIDTH even, columns >= WIDTH; subgroups of any size, no barrier.
#define BUFFERS IN(float, Source, 0) OUT(float, Packed, 1)
#define PUSH uint K; uint columns; uint panels; uint run;
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // WIDTH / 2
layout(constant_id = 0) const uint HALF = 8;
layout(constant_id = 1) const bool TRANSPOSED = false;
const uint WIDTH = 2 * HALF;

void main()
{
    uint panel = gl_WorkGroupID.y, k0 = gl_WorkGroupID.x * run, k1 = min(k0 + run, K), two = 2u * gl_LocalInvocationID.x;
    uint column = min(panel * WIDTH, columns - WIDTH) + two;
    uint source = gl_WorkGroupID.z * K * columns, packed = (gl_WorkGroupID.z * panels + panel) * K * WIDTH + two;
    if (TRANSPOSED)
    {
        uint low = source + column * K, high = low + K;
        for (uint k = k0; k < k1; ++k) STORE2(Packed, packed + k * WIDTH, vec2(LOAD(Source, low + k), LOAD(Source, high + k)));
    }
    else
    {
        uint from = source + column;
        for (uint k = k0; k < k1; ++k) STORE2(Packed, packed + k * WIDTH, vec2(LOAD(Source, from + k * columns), LOAD(Source, from + k * columns + 1u)));
    }
}
