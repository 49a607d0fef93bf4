#version 450
// Gru with r after the recurrent product, for processors: see Gru.comp for what is computed, recurrent-lane.glsl for how. A subgroup owns eight units: its three
// vectors are their gates.
// Shapes  as Gru.comp, with U = TERMS, a multiple of 16. Local size: U.
// Needs   subgroups of eight; raw addresses. Without a mask Mask is any buffer, without SAVES so are Previous and Saved.
// Grid    a workgroup for each ROWS rows.
// Tune    ROWS: fewer keep more cores busy, more read the panels less often.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define WIDTH 3
#define PUSH uint N, T, U, never;
#define BUFFERS \
    IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(float, Bias, 3) IN(uint, Mask, 4) \
    INOUT(float, States, 5) OUT(float, Last, 6) OUT(float, Previous, 7) OUT(float, Saved, 8)
#include "buffers.glsl"
#include "recurrent-lane.glsl"
layout(constant_id = 5) const bool SAVES = false;

void main()
{
    uint unit = gl_SubgroupID * 8u + LANE, first = gl_WorkGroupID.x * ROWS, end = min(first + ROWS, N);
    float bias[3];
    [[unroll]] for (uint g = 0; g < 3u; ++g) bias[g] = LOAD(Bias, g * TERMS + unit);
    [[unroll]] for (uint i = 0; i < TERMS * 3u; ++i) w[i] = LOAD(W, i * TERMS + unit);
    // Where the states before lie, and words between rows there.
    uint64_t before = ADDRESS(H0);
    uint stride = TERMS;
    for (uint step = 0u; step < T; ++step) {
        uint t = timeOf(step);
        for (uint n = first; n < end; n += 2u) {
            uint row[2] = {n, min(n + 1u, end - 1u)};
            [[unroll]] for (uint r = 0; r < 2u; ++r)
                [[unroll]] for (uint g = 0; g < 3u; ++g) sums[r][g] = bias[g];
            multiply(before + 4ul * (row[0] * stride), before + 4ul * (row[1] * stride));
            float h[2], own[2];
            [[unroll]] for (uint r = 0; r < 2u; ++r) {
                uint place = row[r] * T + t, projection = place * 3u * TERMS + unit;
                float z = sigmoidF(LOAD(Projections, projection) + sums[r][0]), reset = sigmoidF(LOAD(Projections, projection + TERMS) + sums[r][1]);
                float c = tanhF(LOAD(Projections, projection + 2u * TERMS) + reset * sums[r][2]);
                own[r] = float_at(before).e[row[r] * stride + unit];
                h[r] = z * own[r] + (1.0 - z) * c;
                if (MASKED) h[r] = LOAD(Mask, place) != 0u ? h[r] : own[r];
                if (SAVES) {
                    uint64_t saved = ADDRESS(Saved) + 16ul * (place * TERMS + unit);
                    putPair(saved, vec2(z, reset));
                    putPair(saved + 8ul, vec2(c, sums[r][2]));
                }
            }
            uint64_t offset0 = 4ul * ((row[0] * T + t) * TERMS + gl_SubgroupID * 8u), offset1 = 4ul * ((row[1] * T + t) * TERMS + gl_SubgroupID * 8u);
            store8x2(ADDRESS(States) + offset0, ADDRESS(States) + offset1, h[0], h[1]);
            if (SAVES) store8x2(ADDRESS(Previous) + offset0, ADDRESS(Previous) + offset1, own[0], own[1]);
            if (step == T - 1u)
                store8x2(ADDRESS(Last) + 4ul * (row[0] * TERMS + gl_SubgroupID * 8u), ADDRESS(Last) + 4ul * (row[1] * TERMS + gl_SubgroupID * 8u), h[0], h[1]);
        }
        before = ADDRESS(States) + 4ul * (t * TERMS);
        stride = T * TERMS;
        meet();
    }
}
