// reduce-tree.glsl: the whole of Reduce.tree.comp and FusedReduce.tree.comp but for what an element is: TERM(at), from element BASE on.
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
    for (k += lane; k < end; k += GROUP) total = combine(total, ELEMENT(TERM(BASE + o * extent + k)));
    lanes[lane] = total;
    barrier();
    for (uint half_ = GROUP / 2u; half_ > 0u; half_ /= 2u) {
        if (lane < half_) lanes[lane] = combine(lanes[lane], lanes[lane + half_]);
        barrier();
    }
    if (lane == 0u) STORE(Y, u, factor * lanes[0]);
}
