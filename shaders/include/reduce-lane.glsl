// reduce-lane.glsl: the whole of Reduce.lane.comp and FusedReduce.lane.comp but for what an element is.
//   START        statement before the first term: x's first element is first_, terms are step_ elements apart
//   TERMS8(k)    the k-th vector of eight elements; k is a constant once loops are unrolled
#include "reduce.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint TERMS = 64;
layout(constant_id = 3) const uint WIDTH = 8; // columns: known to the compiler, so that addresses fold

void main()
{
    uint g = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
#if COLUMNS
    uint s = uniform15(gl_WorkGroupID.y), first_ = s * TERMS * WIDTH + 8u * g, step_ = WIDTH;
#else
    uint first_ = 8u * TERMS * g, step_ = 8u;
#endif
    START
    float sums[4];
    [[unroll]] for (uint a = 0; a < 4; ++a) sums[a] = first();
    [[unroll]] for (uint k = 0; k < TERMS; ++k) sums[k & 3u] = combine(sums[k & 3u], ELEMENT(TERMS8(k)));
    float total = combine(combine(sums[0], sums[1]), combine(sums[2], sums[3]));
#if COLUMNS
    float_at(ADDRESS(Y) + 4ul * (s * WIDTH + 8u * g + LANE)).e[0] = factor * total;
#else
    total = combine(combine(combine(FROM(total, 0), FROM(total, 1)), combine(FROM(total, 2), FROM(total, 3))),
        combine(combine(FROM(total, 4), FROM(total, 5)), combine(FROM(total, 6), FROM(total, 7))));
    if (LANE == 0u) float_at(ADDRESS(Y) + 4ul * g).e[0] = factor * total;
#endif
}
