#version 450
// Gru: h = z h + (1 - z) c, step by step; z and r are sigmoids, the candidate c a tanh, r applied after the recurrent product or before it:
//   after:  s = h W + b, z = sigmoid(p_z + s_z), r = sigmoid(p_r + s_r), c = tanh(p_c + r s_c)
//   before: z = sigmoid(p_z + h W_z), r = sigmoid(p_r + h W_r), c = tanh(p_c + (r h) W_c)
// Shapes  projections p (N,T,3U), w (U,3U), gates in the order z, r, c; h0 (N,U), b (3U) f32, mask (N,T) u32
//         -> states (N,T,U), last (N,U), previous (N,T,U): the state before each step, saved (N,T,U,4): z, r, c and s_c, or r h.
// Needs   without a mask Mask is any buffer, without SAVES so are Previous and Saved, before the product so is Bias.
// Grid    an invocation (walk) or a workgroup (group) for each row, for all steps: see recurrent.glsl. Before the product r h is kept in
//         Last, and z in States until h comes.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint N, T, U;
#define BUFFERS \
    IN(float, Projections, 0) IN(float, W, 1) IN(float, H0, 2) IN(float, Bias, 3) IN(uint, Mask, 4) \
    INOUT(float, States, 5) INOUT(float, Last, 6) OUT(float, Previous, 7) OUT(float, Saved, 8)
#include "buffers.glsl"
#include "recurrent.glsl"
#include "recurrent-state.glsl"
layout(constant_id = 4) const bool SAVES = false;
layout(constant_id = 5) const bool RESET_AFTER = true;
const uint PRODUCTS = RESET_AFTER ? 3u : 2u;
#if GROUPED
shared float reset_[UNITS];
#define KEEP_RESET(u, v) reset_[u] = (v)
#define RESET(k) reset_[k]
#else
#define KEEP_RESET(u, v)
#define RESET(k) LOAD(Last, n * U + (k))
#endif

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
            uint here = place * U + u;
            float sums[3], own = 0.0;
            [[unroll]] for (uint g = 0u; g < 3u; ++g) sums[g] = RESET_AFTER ? LOAD(Bias, g * U + u) : 0.0;
            for (uint k = 0u; k < U; ++k) {
                float h = BEFORE(step, k);
                [[unroll]] for (uint g = 0u; g < PRODUCTS; ++g) sums[g] += h * LOAD(W, (k * 3u + g) * U + u);
                if (k == u) own = h;
            }
            float z = sigmoidF(LOAD(Projections, place * 3u * U + u) + sums[0]), r = sigmoidF(LOAD(Projections, (place * 3u + 1u) * U + u) + sums[1]);
            if (SAVES) {
                STORE(Previous, here, own);
                STORE2(Saved, here * 4u, vec2(z, r));
            }
            if (RESET_AFTER) {
                float c = tanhF(LOAD(Projections, (place * 3u + 2u) * U + u) + r * sums[2]), h = runs ? z * own + (1.0 - z) * c : own;
                STORE(States, here, h);
                KEEP(step + 1u, u, h);
                if (SAVES) STORE2(Saved, here * 4u + 2u, vec2(c, sums[2]));
                if (step == T - 1u) STORE(Last, n * U + u, h);
            } else {
                STORE(States, here, z);
                STORE(Last, n * U + u, r * own);
                KEEP_RESET(u, r * own);
            }
        }
        if (!RESET_AFTER) {
            MEET;
            FOR_UNITS(u) {
                uint here = place * U + u;
                float sum = LOAD(Projections, (place * 3u + 2u) * U + u);
                for (uint k = 0u; k < U; ++k) sum += RESET(k) * LOAD(W, (k * 3u + 2u) * U + u);
                float c = tanhF(sum), z = LOAD(States, here), own = BEFORE(step, u), h = runs ? z * own + (1.0 - z) * c : own;
                STORE(States, here, h);
                KEEP(step + 1u, u, h);
                if (SAVES) STORE2(Saved, here * 4u + 2u, vec2(c, LOAD(Last, n * U + u)));
            }
            if (step == T - 1u)
                FOR_UNITS(u) STORE(Last, n * U + u, LOAD(States, place * U + u));
        }
        before = place;
        MEET;
    }
}
