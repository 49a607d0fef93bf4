#version 450
// SimpleRnn: h = f(projection + h W), step by step, f = tanh or relu.
// Shapes  projections (N,T,U), w (U,U), h0 (N,U) f32, mask (N,T) u32 -> states (N,T,U), last (N,U), previous (N,T,U): the state before each step.
// Needs   without a mask Mask is any buffer, without SAVES so is Previous.
// Grid    an invocation (walk) or a workgroup (group) for each row, for all steps: see recurrent.glsl.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint N, T, U;
#define BUFFERS IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(uint, Mask, 3) INOUT(float, States, 4) OUT(float, Last, 5) OUT(float, Previous, 6)
#include "buffers.glsl"
#include "recurrent.glsl"
#include "recurrent-state.glsl"
layout(constant_id = 4) const bool SAVES = false;
layout(constant_id = 5) const bool RELU = false;

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
            float sum = LOAD(Projections, place * U + u), own = 0.0;
            for (uint k = 0u; k < U; ++k) {
                float h = BEFORE(step, k);
                sum += h * LOAD(W, k * U + u);
                if (k == u) own = h;
            }
            float h = runs ? (RELU ? reluF(sum) : tanhF(sum)) : own;
            STORE(States, place * U + u, h);
            KEEP(step + 1u, u, h);
            if (SAVES) STORE(Previous, place * U + u, own);
            if (step == T - 1u) STORE(Last, n * U + u, h);
        }
        before = place;
        MEET;
    }
}
