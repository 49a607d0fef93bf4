#version 450
// Lstm: c = f c + i g, h = o tanh c, step by step; i, f, o the sigmoids and g the tanh of projection + h W.
// Shapes  projections (N,T,4U), w (U,4U), gates in the order i, f, g, o; h0, c0 (N,U) f32, mask (N,T) u32
//         -> states (N,T,U), last, lastCell (N,U), previous (N,T,U): the state before each step, saved (N,T,U,6): i, f, g, o, the cell before, tanh c.
// Needs   without a mask Mask is any buffer, without SAVES so are Previous and Saved.
// Grid    an invocation (walk) or a workgroup (group) for each row, for all steps: see recurrent.glsl. The cell is kept in LastCell.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint N, T, U;
#define BUFFERS \
    IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(float, C0, 3) IN(uint, Mask, 4) \
    INOUT(float, States, 5) OUT(float, Last, 6) INOUT(float, LastCell, 7) OUT(float, Previous, 8) OUT(float, Saved, 9)
#include "buffers.glsl"
#include "recurrent.glsl"
#include "recurrent-state.glsl"
layout(constant_id = 4) const bool SAVES = false;

void main()
{
    uint n = thisRow(), before = 0u;
    if (n >= N) return;
    FOR_UNITS(u) KEEP(0u, u, LOAD(H0, n * U + u));
    MEET;
    for (uint step = 0u; step < T; ++step) {
        uint place = n * T + timeOf(step);
        bool runs = !MASKED || LOAD(Mask, place) != 0u;
        FOR_UNITS(u) {
            float sums[4], own = 0.0;
            [[unroll]] for (uint g = 0u; g < 4u; ++g) sums[g] = LOAD(Projections, (place * 4u + g) * U + u);
            for (uint k = 0u; k < U; ++k) {
                float h = BEFORE(step, k);
                [[unroll]] for (uint g = 0u; g < 4u; ++g) sums[g] += h * LOAD(W, (k * 4u + g) * U + u);
                if (k == u) own = h;
            }
            float i = sigmoidF(sums[0]), f = sigmoidF(sums[1]), g = tanhF(sums[2]), o = sigmoidF(sums[3]);
            float cell = step == 0u ? LOAD(C0, n * U + u) : LOAD(LastCell, n * U + u), after = f * cell + i * g, tanhAfter = tanhF(after);
            float h = runs ? o * tanhAfter : own;
            STORE(States, place * U + u, h);
            KEEP(step + 1u, u, h);
            STORE(LastCell, n * U + u, runs ? after : cell);
            if (step == T - 1u) STORE(Last, n * U + u, h);
            if (SAVES) {
                uint at = (place * U + u) * 6u;
                STORE(Previous, place * U + u, own);
                STORE2(Saved, at, vec2(i, f));
                STORE2(Saved, at + 2u, vec2(g, o));
                STORE2(Saved, at + 4u, vec2(cell, tanhAfter));
            }
        }
        before = place;
        MEET;
    }
}
