#version 450
// SimpleRnnGrad: what flows back through SimpleRnn: dp = f'(h) dh, and dp Wt into the state before, step by step from the last.
// Shapes  w (U,U), states (N,T,U), dstates (N,T,U), dlast (N,U) f32, mask (N,T) u32 -> dprojections (N,T,U), dh0 (N,U).
// Needs   without a mask Mask is any buffer.
// Grid    an invocation (walk) or a workgroup (group) for each row, for all steps: see recurrent.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATES 1u
#define FLOW_AT(i) LOAD(DProjections, i)
#define PUSH uint N, T, U;
#define BUFFERS IN(float, W, 0) IN(float, States, 1) IN(float, DStates, 2) IN(float, DLast, 3) IN(uint, Mask, 4) INOUT(float, DProjections, 5) INOUT(float, Dh0, 6)
#include "buffers.glsl"
#include "recurrent-grad.glsl"
layout(constant_id = 7) const bool RELU = false;

void stepBack(uint n, uint place)
{
    FOR_UNITS(u) {
        float h = LOAD(States, place * U + u), dh = LOAD(Dh0, n * U + u), back = RELU ? (h > 0.0 ? dh : 0.0) : tanhSlope(h) * dh;
        STORE(DProjections, place * U + u, back);
        KEEP_FLOW(u, back);
    }
    MEET;
    FOR_UNITS(k) STORE(Dh0, n * U + k, throughW(place, k, 0u, U));
    MEET;
}
