#version 450
// LstmGrad: what flows back through Lstm, step by step from the last: with dc += dh o tanh'(c),
//   dp_i = dc g i', dp_f = dc c_before f', dp_g = dc i g', dp_o = dh tanh(c) o'; dp Wt flows into the state before, dc f into the cell before.
// Shapes  w (U,4U), saved (N,T,U,6): i, f, g, o, the cell before, tanh c; dstates (N,T,U), dlast, dlastCell (N,U) f32, mask (N,T) u32
//         -> dprojections (N,T,4U), dh0, dc0 (N,U).
// Needs   without a mask Mask is any buffer.
// Grid    an invocation for each row, for all steps; see recurrent-grad.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATES 4u
#define CELL
#define PUSH uint N, T, U;
#define BUFFERS \
    IN(float, W, 0) IN(float, Saved, 1) IN(float, DStates, 2) IN(float, DLast, 3) IN(float, DLastCell, 4) IN(uint, Mask, 5) \
    INOUT(float, DProjections, 6) INOUT(float, Dh0, 7) INOUT(float, Dc0, 8)
#include "buffers.glsl"
#include "recurrent-grad.glsl"

void stepBack(uint n, uint place)
{
    for (uint u = 0u; u < U; ++u) {
        uint at = (place * U + u) * 6u;
        vec2 inputForget = LOAD2(Saved, at), candidateOutput = LOAD2(Saved, at + 2u), cells = LOAD2(Saved, at + 4u);
        float i = inputForget.x, f = inputForget.y, g = candidateOutput.x, o = candidateOutput.y;
        float dh = LOAD(Dh0, n * U + u), dc = LOAD(Dc0, n * U + u) + dh * o * tanhSlope(cells.y);
        STORE(DProjections, place * 4u * U + u, dc * g * sigmoidSlope(i));
        STORE(DProjections, (place * 4u + 1u) * U + u, dc * cells.x * sigmoidSlope(f));
        STORE(DProjections, (place * 4u + 2u) * U + u, dc * i * tanhSlope(g));
        STORE(DProjections, (place * 4u + 3u) * U + u, dh * cells.y * sigmoidSlope(o));
        STORE(Dc0, n * U + u, dc * f);
    }
    for (uint k = 0u; k < U; ++k) {
        float sum = 0.0;
        for (uint j = 0u; j < 4u * U; ++j) sum += LOAD(DProjections, place * 4u * U + j) * LOAD(W, k * 4u * U + j);
        STORE(Dh0, n * U + k, sum);
    }
}
