#version 450
// GruGrad: what flows back through Gru, step by step from the last: dp_z = dh (h - c) z', dp_c = dh (1 - z) c', dh z into the state before, and
//   r after the product: dp_r = dp_c s_c r'; ds = (dp_z, dp_r, dp_c r); ds Wt into the state before
//   r before it:         d(r h) = dp_c W_ct; dp_r = d(r h) h r'; d(r h) r + dp_z W_zt + dp_r W_rt into the state before
// Shapes  w (U,3U), previous h (N,T,U), saved (N,T,U,4): z, r, c and s_c, or r h; dstates (N,T,U), dlast (N,U) f32, mask (N,T) u32
//         -> dprojections (N,T,3U), dh0 (N,U), and with r after the product drecurrent ds (N,T,3U).
// Needs   without a mask Mask is any buffer; with r before the product DRecurrent is dprojections.
// Grid    an invocation (walk) or a workgroup (group) for each row, for all steps: see recurrent.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATES 3u
#define RECURRENT_FLOW RESET_AFTER
#define FLOW_AT(i) (RESET_AFTER ? LOAD(DRecurrent, i) : LOAD(DProjections, i))
#define PUSH uint N, T, U;
#define BUFFERS \
    IN(float, W, 0) IN(float, Previous, 1) IN(float, Saved, 2) IN(float, DStates, 3) IN(float, DLast, 4) IN(uint, Mask, 5) \
    INOUT(float, DProjections, 6) INOUT(float, Dh0, 7) INOUT(float, DRecurrent, 8)
#include "buffers.glsl"
layout(constant_id = 7) const bool RESET_AFTER = true;
#include "recurrent-grad.glsl"
const uint PRODUCTS = RESET_AFTER ? 3u : 2u;

void stepBack(uint n, uint place)
{
    uint base = place * 3u * U;
    FOR_UNITS(u) {
        float dh = LOAD(Dh0, n * U + u), h = LOAD(Previous, place * U + u);
        vec2 zr = LOAD2(Saved, (place * U + u) * 4u), c = LOAD2(Saved, (place * U + u) * 4u + 2u);
        float dz = dh * (h - c.x) * sigmoidSlope(zr.x), dc = dh * (1.0 - zr.x) * tanhSlope(c.x), dr = dc * c.y * sigmoidSlope(zr.y);
        STORE(DProjections, base + u, dz);
        STORE(DProjections, base + 2u * U + u, dc);
        STORE(Dh0, n * U + u, dh * zr.x);
        KEEP_FLOW(u, dz);
        KEEP_FLOW(2u * U + u, RESET_AFTER ? dc * zr.y : dc);
        if (RESET_AFTER) {
            STORE(DProjections, base + U + u, dr);
            STORE(DRecurrent, base + u, dz);
            STORE(DRecurrent, base + U + u, dr);
            STORE(DRecurrent, base + 2u * U + u, dc * zr.y);
            KEEP_FLOW(U + u, dr);
        }
    }
    MEET;
    if (!RESET_AFTER) {
        FOR_UNITS(k) {
            float into = throughW(place, k, 2u * U, 3u * U), r = LOAD(Saved, (place * U + k) * 4u + 1u), dr = into * LOAD(Previous, place * U + k) * sigmoidSlope(r);
            STORE(DProjections, base + U + k, dr);
            KEEP_FLOW(U + k, dr);
            STORE(Dh0, n * U + k, LOAD(Dh0, n * U + k) + into * r);
        }
        MEET;
    }
    FOR_UNITS(k) STORE(Dh0, n * U + k, LOAD(Dh0, n * U + k) + throughW(place, k, 0u, PRODUCTS * U));
    MEET;
}
