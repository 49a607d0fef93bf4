#version 450
// SimpleRnn, for processors: see SimpleRnn.comp for what is computed, recurrent-lane.glsl for how. A subgroup owns 32 units: lane l has 2 l and 2 l + 1 of
// each half.
// Shapes  as SimpleRnn.comp, with U = TERMS, a multiple of 32. Local size: U / 4.
// Needs   subgroups of eight; raw addresses. Without a mask Mask is any buffer, without SAVES so is Previous.
// Grid    a workgroup for each ROWS rows.
// Tune    ROWS: fewer keep more cores busy, more read the panels less often.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define WIDTH 4
#define PUSH uint N, T, U, never;
#define BUFFERS IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(uint, Mask, 3) INOUT(float, States, 4) OUT(float, Last, 5) OUT(float, Previous, 6)
#include "buffers.glsl"
#include "recurrent-lane.glsl"
layout(constant_id = 5) const bool SAVES = false;
layout(constant_id = 6) const bool RELU = false;

void main()
{
    uint unit = gl_SubgroupID * 32u + 2u * LANE, first = gl_WorkGroupID.x * ROWS, end = min(first + ROWS, N);
    [[unroll]] for (uint k = 0; k < TERMS; ++k)
        [[unroll]] for (uint v = 0; v < 4u; ++v) w[k * 4u + v] = LOAD(W, k * TERMS + unit + v / 2u * 16u + v % 2u);
    // Where the states before lie, and words between rows there.
    uint64_t before = ADDRESS(H0);
    uint stride = TERMS;
    for (uint step = 0u; step < T; ++step) {
        uint t = timeOf(step);
        for (uint n = first; n < end; n += 2u) {
            uint row[2] = {n, min(n + 1u, end - 1u)};
            [[unroll]] for (uint r = 0; r < 2u; ++r)
                [[unroll]] for (uint v = 0; v < 4u; v += 2u) {
                    vec2 projection = pairAt(ADDRESS(Projections) + 4ul * ((row[r] * T + t) * TERMS + unit + 8u * v));
                    sums[r][v] = projection.x;
                    sums[r][v + 1u] = projection.y;
                }
            multiply(before + 4ul * (row[0] * stride), before + 4ul * (row[1] * stride));
            [[unroll]] for (uint r = 0; r < 2u; ++r) {
                uint place = row[r] * T + t;
                bool runs = true;
                if (MASKED) runs = LOAD(Mask, place) != 0u;
                [[unroll]] for (uint v = 0; v < 4u; v += 2u) {
                    uint own = unit + 8u * v;
                    vec2 h = RELU ? vec2(reluF(sums[r][v]), reluF(sums[r][v + 1u])) : vec2(tanhF(sums[r][v]), tanhF(sums[r][v + 1u]));
                    if (SAVES || MASKED) {
                        vec2 previous = pairAt(before + 4ul * (row[r] * stride + own));
                        h = runs ? h : previous;
                        if (SAVES) putPair(ADDRESS(Previous) + 4ul * (place * TERMS + own), previous);
                    }
                    putPair(ADDRESS(States) + 4ul * (place * TERMS + own), h);
                    if (step == T - 1u) putPair(ADDRESS(Last) + 4ul * (row[r] * TERMS + own), h);
                }
            }
        }
        before = ADDRESS(States) + 4ul * (t * TERMS);
        stride = T * TERMS;
        meet();
    }
}
