#version 450
// LstmGrad: what flows back through Lstm, step by step from the last: with dc += dh o tanh'(c),
//   dp_i = dc g i', dp_f = dc c_before f', dp_g = dc i g', dp_o = dh tanh(c) o'; dp Wt flows into the state before, dc f into the cell before.
// Shapes  w (U,4U), saved (N,T,U,6): i, f, g, o, the cell before, tanh c; dstates (N,T,U), dlast, dlastCell (N,U) f32, mask (N,T) u32
//         -> dprojections (N,T,4U), dh0, dc0 (N,U).
// Needs   without a mask Mask is any buffer.
// Grid    an invocation (walk) or a workgroup (group) for each row, for all steps: see recurrent.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATES 4u
#define CELL
#define FLOW_AT(i) LOAD(DProjections, i)
#define PUSH uint N, T, U;
#define BUFFERS \
    IN(float, W, 0) IN(float, Saved, 1) IN(float, DStates, 2) IN(float, DLast, 3) IN(float, DLastCell, 4) IN(uint, Mask, 5) \
    INOUT(float, DProjections, 6) INOUT(float, Dh0, 7) INOUT(float, Dc0, 8)
#include "buffers.glsl"
#include "recurrent-grad.glsl"

void stepBack(uint n, uint place)
{
    FOR_UNITS(u) {
        uint at = (place * U + u) * 6u;
        vec2 inputForget = LOAD2(Saved, at), candidateOutput = LOAD2(Saved, at + 2u), cells = LOAD2(Saved, at + 4u);
        float i = inputForget.x, f = inputForget.y, g = candidateOutput.x, o = candidateOutput.y;
        float dh = LOAD(Dh0, n * U + u), dc = LOAD(Dc0, n * U + u) + dh * o * tanhSlope(cells.y);
        float back[4] = {dc * g * sigmoidSlope(i), dc * cells.x * sigmoidSlope(f), dc * i * tanhSlope(g), dh * cells.y * sigmoidSlope(o)};
        [[unroll]] for (uint gate = 0u; gate < 4u; ++gate) {
            STORE(DProjections, (place * 4u + gate) * U + u, back[gate]);
            KEEP_FLOW(gate * U + u, back[gate]);
        }
        STORE(Dc0, n * U + u, dc * f);
    }
    MEET;
    FOR_UNITS(k) STORE(Dh0, n * U + k, throughW(place, k, 0u, 4u * U));
    MEET;
}
