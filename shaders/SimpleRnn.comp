#version 450
// SimpleRnn: h = f(projection + h W), step by step, f = tanh or relu.
// Shapes  projections (N,T,U), w (U,U), h0 (N,U) f32, mask (N,T) u32 -> states (N,T,U), last (N,U), previous (N,T,U): the state before each step.
// Needs   without a mask Mask is any buffer, without SAVES so is Previous.
// Grid    an invocation for each row, for all steps: it reads no state but its own, so nothing needs a barrier.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint N, T, U;
#define BUFFERS IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(uint, Mask, 3) INOUT(float, States, 4) OUT(float, Last, 5) OUT(float, Previous, 6)
#include "buffers.glsl"
#include "recurrent.glsl"
layout(constant_id = 3) const bool SAVES = false;
layout(constant_id = 4) const bool RELU = false;

void main()
{
    uint n = LINEAR_INDEX, before = 0u;
    if (n >= N) return;
    for (uint step = 0u; step < T; ++step) {
        uint place = n * T + timeOf(step);
        bool runs = !MASKED || LOAD(Mask, place) != 0u;
        for (uint u = 0u; u < U; ++u) {
            float sum = LOAD(Projections, place * U + u), own = 0.0;
            for (uint k = 0u; k < U; ++k) {
                float h = step == 0u ? LOAD(H0, n * U + k) : LOAD(States, before * U + k);
                sum += h * LOAD(W, k * U + u);
                if (k == u) own = h;
            }
            float h = runs ? (RELU ? reluF(sum) : tanhF(sum)) : own;
            STORE(States, place * U + u, h);
            if (SAVES) STORE(Previous, place * U + u, own);
            if (step == T - 1u) STORE(Last, n * U + u, h);
        }
        before = place;
    }
}
