#version 450
// Reduce.tree: a workgroup for each result; its lanes take every GROUP-th element of a row, then meet in shared memory.
//   y[o, s] = factor * combine x[o, k], s * sliceExtent <= k < (s + 1) * sliceExtent.
// Shapes  x (outer, extent) f32, y (outer, slices) f32 of count elements.
// Needs   counts < 2^31; GROUP a power of two.
// Order   fixed by GROUP and the extents.
// Grid    one workgroup per result, folded onto y.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, extent, slices, sliceExtent; float factor; DIVISOR(slices)
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "reduce.glsl"
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 0) const uint GROUP = 128;
shared float lanes[GROUP];

void main()
{
    uint u = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x, lane = gl_LocalInvocationID.x;
    if (u >= count) return; // the whole workgroup
    uint o = OVER(u, slices), k = (u - o * slices) * sliceExtent, end = min(extent, k + sliceExtent);
    float total = first();
    for (k += lane; k < end; k += GROUP) total = combine(total, ELEMENT(LOAD(X, o * extent + k)));
    lanes[lane] = total;
    barrier();
    for (uint half_ = GROUP / 2u; half_ > 0u; half_ /= 2u) {
        if (lane < half_) lanes[lane] = combine(lanes[lane], lanes[lane + half_]);
        barrier();
    }
    if (lane == 0u) STORE(Y, u, factor * lanes[0]);
}
