#version 450
// Lstm, for processors: see Lstm.comp for what is computed, recurrent-lane.glsl for how. A subgroup owns eight units: its four vectors are their gates.
// Shapes  as Lstm.comp, with U = TERMS, a multiple of 16. Local size: U.
// Needs   subgroups of eight; raw addresses. Without a mask Mask is any buffer, without SAVES so are Previous and Saved.
// Grid    a workgroup for each ROWS rows.
// Tune    ROWS: fewer keep more cores busy, more read the panels less often.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define WIDTH 4
#define PUSH uint N, T, U, never;
#define BUFFERS \
    IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(float, C0, 3) IN(uint, Mask, 4) \
    INOUT(float, States, 5) OUT(float, Last, 6) INOUT(float, LastCell, 7) OUT(float, Previous, 8) OUT(float, Saved, 9)
#include "buffers.glsl"
#include "recurrent-lane.glsl"
layout(constant_id = 5) const bool SAVES = false;

void main()
{
    uint unit = gl_SubgroupID * 8u + LANE, first = gl_WorkGroupID.x * ROWS, end = min(first + ROWS, N);
    [[unroll]] for (uint i = 0; i < TERMS * 4u; ++i) w[i] = LOAD(W, i * TERMS + unit);
    // Where the states and cells before lie, and words between rows there.
    uint64_t before = ADDRESS(H0), cells = ADDRESS(C0);
    uint stride = TERMS;
    for (uint step = 0u; step < T; ++step) {
        uint t = timeOf(step);
        for (uint n = first; n < end; n += 2u) {
            uint row[2] = {n, min(n + 1u, end - 1u)};
            [[unroll]] for (uint r = 0; r < 2u; ++r)
                [[unroll]] for (uint g = 0; g < 4u; ++g) sums[r][g] = LOAD(Projections, ((row[r] * T + t) * 4u + g) * TERMS + unit);
            multiply(before + 4ul * (row[0] * stride), before + 4ul * (row[1] * stride));
            float h[2], own[2], after[2];
            [[unroll]] for (uint r = 0; r < 2u; ++r) {
                uint place = row[r] * T + t;
                float i = sigmoidF(sums[r][0]), f = sigmoidF(sums[r][1]), g = tanhF(sums[r][2]), o = sigmoidF(sums[r][3]);
                float cell = float_at(cells).e[row[r] * TERMS + unit];
                after[r] = f * cell + i * g;
                float tanhAfter = tanhF(after[r]);
                h[r] = o * tanhAfter;
                if (SAVES || MASKED) own[r] = float_at(before).e[row[r] * stride + unit];
                if (MASKED) {
                    bool runs = LOAD(Mask, place) != 0u;
                    h[r] = runs ? h[r] : own[r];
                    after[r] = runs ? after[r] : cell;
                }
                if (SAVES) {
                    uint64_t saved = ADDRESS(Saved) + 24ul * (place * TERMS + unit);
                    putPair(saved, vec2(i, f));
                    putPair(saved + 8ul, vec2(g, o));
                    putPair(saved + 16ul, vec2(cell, tanhAfter));
                }
            }
            uint64_t offset0 = 4ul * ((row[0] * T + t) * TERMS + gl_SubgroupID * 8u), offset1 = 4ul * ((row[1] * T + t) * TERMS + gl_SubgroupID * 8u);
            store8x2(ADDRESS(States) + offset0, ADDRESS(States) + offset1, h[0], h[1]);
            if (SAVES) store8x2(ADDRESS(Previous) + offset0, ADDRESS(Previous) + offset1, own[0], own[1]);
            offset0 = 4ul * (row[0] * TERMS + gl_SubgroupID * 8u);
            offset1 = 4ul * (row[1] * TERMS + gl_SubgroupID * 8u);
            store8x2(ADDRESS(LastCell) + offset0, ADDRESS(LastCell) + offset1, after[0], after[1]);
            if (step == T - 1u) store8x2(ADDRESS(Last) + offset0, ADDRESS(Last) + offset1, h[0], h[1]);
        }
        before = ADDRESS(States) + 4ul * (t * TERMS);
        stride = T * TERMS;
        cells = ADDRESS(LastCell);
        meet();
    }
}
