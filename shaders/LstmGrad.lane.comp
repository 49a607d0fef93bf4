#version 450
// LstmGrad, for processors: see LstmGrad.comp for what is computed, recurrent-grad-lane.glsl for how.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define GATES 4u
#define CELL
#define PUSH uint N, T, U, never;
#define BUFFERS \
    IN(float, W, 0) IN(float, Saved, 1) IN(float, DStates, 2) IN(float, DLast, 3) IN(float, DLastCell, 4) IN(uint, Mask, 5) \
    INOUT(float, DProjections, 6) OUT(float, Dh0, 7) INOUT(float, Dc0, 8) INOUT(float, Parts, 9)
#include "buffers.glsl"
#include "recurrent-grad-lane.glsl"

vec2 stepBack(uint n, uint place, uint unit, vec2 dh)
{
    uint64_t saved = ADDRESS(Saved) + 24ul * (place * TERMS + unit), cells = ADDRESS(Dc0) + 4ul * (n * TERMS + unit);
    vec2 dc = pairAt(cells), into[4];
    [[unroll]] for (uint j = 0; j < 2u; ++j) {
        vec2 inputForget = pairAt(saved + 24ul * j), candidateOutput = pairAt(saved + 24ul * j + 8ul), cell = pairAt(saved + 24ul * j + 16ul);
        float i = inputForget.x, f = inputForget.y, g = candidateOutput.x, o = candidateOutput.y;
        float flow = dc[j] + dh[j] * o * tanhSlope(cell.y);
        into[0][j] = flow * g * sigmoidSlope(i);
        into[1][j] = flow * cell.x * sigmoidSlope(f);
        into[2][j] = flow * i * tanhSlope(g);
        into[3][j] = dh[j] * cell.y * sigmoidSlope(o);
        dc[j] = flow * f;
    }
    putPair(cells, dc);
    [[unroll]] for (uint g = 0; g < 4u; ++g) putPair(ADDRESS(DProjections) + 4ul * ((place * 4u + g) * TERMS + unit), into[g]);
    return vec2(0.0);
}
