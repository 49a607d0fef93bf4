// strided.glsl: copies a box between a dense tensor and places of another that lie offset + sum of k[a] * stride[a] apart. The whole shader of
// Slice and Transpose (GATHER: the places are read) and the copying one of Pad and Concat (SCATTER: the places are written).
//
// Shapes  words of 4 bytes (WIDTH 1) or of 16 (WIDTH 4); extents, strides, first and offset count these. Axes are innermost first.
// Needs   count below 2^31 words; every place inside its tensor. A negative stride is its two's complement.
// Grid    1-D, each.glsl.
// Tune    GROUP, EACH. AXES is specialized so that the divisions unroll.
#include "divide.glsl"
#define PUSH uint count, first, offset; uint extent[5], magic[5], shift[5], stride[6];
#define BUFFERS IN(uint, X, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
#include "each.glsl"
layout(constant_id = 2) const uint AXES = 6;

uint placeOf(uint i)
{
    uint at = offset;
    [[unroll]] for (uint a = 0; a + 1u < AXES; ++a) {
        uint q = over_(i, magic[a], shift[a]);
        at += (i - q * extent[a]) * stride[a];
        i = q;
    }
    return at + i * stride[AXES - 1u];
}

void main()
{
    FOR_EACH_UNIT(i, count) {
#ifdef GATHER
        uint from = placeOf(i), to = first + i;
#else
        uint from = first + i, to = placeOf(i);
#endif
#if WIDTH == 4
        STORE4(Y, 4u * to, LOAD4(X, 4u * from));
#else
        STORE(Y, to, LOAD(X, from));
#endif
    }
}
