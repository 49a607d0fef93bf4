#version 450
// ArgMax: where the largest element along some axes is. y[kept] = the number of the first of the largest x[kept, reduced], counted row-major over
// the reduced axes.
// Shapes  x f32; y u32 of count elements: x without its reduced axes. Axes are innermost first, neighbours of a kind joined, steps in elements of x.
// Needs   walk > 0, the product of the reduced extents; counts < 2^31.
// Ties    the first; the first NaN wins (tested on bits: a compiler may assume there are none).
// Grid    1-D, each.glsl, a unit is an output.
// Tune    GROUP, EACH. REDUCED and KEPT are specialized so that the carries and divisions unroll.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, walk; uint extent[4], along[4]; uint keptExtent[3], magic[3], shift[3], across[4];
#define BUFFERS IN(float, X, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
#include "math.glsl"
#include "each.glsl"
layout(constant_id = 2) const uint REDUCED = 1;
layout(constant_id = 3) const uint KEPT = 1;

uint placeOf(uint u)
{
    uint at = 0u;
    [[unroll]] for (uint a = 0u; a + 1u < KEPT; ++a) {
        uint q = over_(u, magic[a], shift[a]);
        at += (u - q * keptExtent[a]) * across[a];
        u = q;
    }
    return at + u * across[KEPT - 1u];
}

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint at = placeOf(u), won = 0u, c[4] = uint[](0u, 0u, 0u, 0u);
        float best = LOAD(X, at);
        for (uint k = 1u; k < walk && !isNaN(best); ++k) {
            bool carry = true;
            [[unroll]] for (uint a = 0u; a < REDUCED; ++a)
                if (carry) {
                    at += along[a];
                    carry = ++c[a] == extent[a];
                    if (carry) { at -= extent[a] * along[a]; c[a] = 0u; }
                }
            float v = LOAD(X, at);
            if (v > best || isNaN(v)) { best = v; won = k; }
        }
        STORE(Y, u, won);
    }
}
