#version 450
// GruGrad with r after the recurrent product, for processors: see GruGrad.comp for what is computed, recurrent-grad-lane.glsl for how. DIRECT is true.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define GATES 3u
#define RECURRENT_FLOW DRecurrent
#define PUSH uint N, T, U, never;
#define BUFFERS \
    IN(float, W, 0) IN(float, Previous, 1) IN(float, Saved, 2) IN(float, DStates, 3) IN(float, DLast, 4) IN(uint, Mask, 5) \
    INOUT(float, DProjections, 6) OUT(float, Dh0, 7) INOUT(float, DRecurrent, 8) INOUT(float, Parts, 9)
#include "buffers.glsl"
#include "recurrent-grad-lane.glsl"

vec2 stepBack(uint n, uint place, uint unit, vec2 dh)
{
    uint64_t saved = ADDRESS(Saved) + 16ul * (place * TERMS + unit);
    vec2 h = pairAt(ADDRESS(Previous) + 4ul * (place * TERMS + unit)), direct, dz, dr, dc, ds;
    [[unroll]] for (uint j = 0; j < 2u; ++j) {
        vec2 zr = pairAt(saved + 16ul * j), c = pairAt(saved + 16ul * j + 8ul);
        dz[j] = dh[j] * (h[j] - c.x) * sigmoidSlope(zr.x);
        dc[j] = dh[j] * (1.0 - zr.x) * tanhSlope(c.x);
        dr[j] = dc[j] * c.y * sigmoidSlope(zr.y);
        ds[j] = dc[j] * zr.y;
        direct[j] = dh[j] * zr.x;
    }
    uint64_t projections = ADDRESS(DProjections) + 4ul * (place * 3u * TERMS + unit), recurrent = ADDRESS(DRecurrent) + 4ul * (place * 3u * TERMS + unit);
    putPair(projections, dz);
    putPair(projections + 4ul * TERMS, dr);
    putPair(projections + 8ul * TERMS, dc);
    putPair(recurrent, dz);
    putPair(recurrent + 4ul * TERMS, dr);
    putPair(recurrent + 8ul * TERMS, ds);
    return direct;
}
