#version 450
// SimpleRnnGrad, for processors: see SimpleRnnGrad.comp for what is computed, recurrent-grad-lane.glsl for how.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define GATES 1u
#define PUSH uint N, T, U, never;
#define BUFFERS \
    IN(float, W, 0) IN(float, States, 1) IN(float, DStates, 2) IN(float, DLast, 3) IN(uint, Mask, 4) INOUT(float, DProjections, 5) OUT(float, Dh0, 6) \
    INOUT(float, Parts, 7)
#include "buffers.glsl"
#include "recurrent-grad-lane.glsl"
layout(constant_id = 9) const bool RELU = false;

vec2 stepBack(uint n, uint place, uint unit, vec2 dh)
{
    uint64_t at = 4ul * (place * TERMS + unit);
    vec2 h = pairAt(ADDRESS(States) + at);
    vec2 back = RELU ? vec2(h.x > 0.0 ? dh.x : 0.0, h.y > 0.0 ? dh.y : 0.0) : vec2(tanhSlope(h.x), tanhSlope(h.y)) * dh;
    putPair(ADDRESS(DProjections) + at, back);
    return vec2(0.0);
}
