#version 450
// ArgMax: the index of the largest element along an axis. y[o, i] = the k at which x[o, k, i] is largest, 0 <= k < extent.
// Shapes  x (outer, extent, inner) f32, y (outer, inner) u32 of count elements. inner is the step between neighbours along the axis.
// Needs   extent > 0, counts < 2^31.
// Ties    the first; the first NaN wins (tested on bits: a compiler may assume there are none).
// Grid    1-D, each.glsl, a unit is an output.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, extent, inner; DIVISOR(inner)
#define BUFFERS IN(float, X, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
#include "each.glsl"

bool isNaN(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint o = OVER(u, inner), at = o * extent * inner + (u - o * inner), won = 0u;
        float best = LOAD(X, at);
        for (uint k = 1u; k < extent && !isNaN(best); ++k) {
            at += inner;
            float v = LOAD(X, at);
            if (v > best || isNaN(v)) { best = v; won = k; }
        }
        STORE(Y, u, won);
    }
}
