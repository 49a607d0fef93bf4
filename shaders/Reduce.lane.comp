#version 450
// Reduce, for processors: a subgroup of eight combines TERMS vectors of eight, straight-line code, uniform addresses (lane-words.glsl).
//   COLUMNS 0: y[g] = factor * combine x[8 TERMS g + k], 0 <= k < 8 TERMS.
//   COLUMNS 1: y[s, c] = factor * combine x[TERMS s + k, c], 0 <= k < TERMS.
// Shapes  COLUMNS 0: x and y flat, f32, SUBGROUPS * workgroups results. 1: x (rows, columns), y (slices, columns) f32, columns = WIDTH = 8 * SUBGROUPS * workgroups
//         along x, slices = workgroups along y.
// Needs   at most 32768 workgroups along an axis; subgroups of eight; DeviceLimits.HasLaneWords.
// Order   fixed: four accumulators a lane, then pairs, then lanes.
// Tune    SUBGROUPS, TERMS: enough work that the look-up of ids is small, short enough code for the instruction cache.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH float factor;
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "lane-words.glsl"
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
    uint64_t at = ADDRESS(X) + 4ul * first_, next = 4ul * step_;
    float sums[4];
    [[unroll]] for (uint a = 0; a < 4; ++a) sums[a] = first();
    [[unroll]] for (uint k = 0; k < TERMS; ++k) sums[k & 3u] = combine(sums[k & 3u], ELEMENT(load8(at + next * k)));
    float total = combine(combine(sums[0], sums[1]), combine(sums[2], sums[3]));
#if COLUMNS
    float_at(ADDRESS(Y) + 4ul * (s * WIDTH + 8u * g + LANE)).e[0] = factor * total;
#else
    total = combine(combine(combine(FROM(total, 0), FROM(total, 1)), combine(FROM(total, 2), FROM(total, 3))),
        combine(combine(FROM(total, 4), FROM(total, 5)), combine(FROM(total, 6), FROM(total, 7))));
    if (LANE == 0u) float_at(ADDRESS(Y) + 4ul * g).e[0] = factor * total;
#endif
}
