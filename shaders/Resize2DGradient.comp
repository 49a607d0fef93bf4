#version 450
// Resize2DGradient: dx[n,h,w,c] = sum of dy[n,p,q,c] over the pixels of y that (h,w) is a part of, by its weight there.
// Shapes  dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Needs   extents that Resize2DGeometry accepts, counts < 2^31.
// Grid    1-D, each.glsl; resize.glsl says what a unit is and where places are. A unit of dx gathers: no atomics, one order.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#define BUFFERS IN(float, Dy, 0) OUT(float, Dx, 1)
#include "resize.glsl"

// The first row of y whose place is at this many units or after: ceil((units - offset) / slope).
#define FIRST_FROM(units, slope, offset) OVER(uint(max(0, int(units) - int(offset) + int(slope) - 1)), slope)

// The weight of a cell of x in a pixel of y.
float weightOf(uint cell, Taps taps)
{
    return BLENDS == 0u ? 1.0 : (taps.low == cell ? 1.0 - taps.share : 0.0) + (taps.high == cell ? taps.share : 0.0);
}

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint pixel = OVER(u, C), row = OVER(pixel, columns), n = OVER(row, rows), c = u - pixel * C, h = row - n * H, w = pixel - row * Width;
        // Places from one cell before (where two make a pixel) to one after; those outside the image are at its first and last cell.
        uint firstP = h == 0u ? 0u : FIRST_FROM((h - BLENDS) * rowUnit, rowSlope, rowOffset), endP = h == H - 1u ? P : min(P, FIRST_FROM((h + 1u) * rowUnit, rowSlope, rowOffset));
        uint firstQ = w == 0u ? 0u : FIRST_FROM((w - BLENDS) * columnUnit, columnSlope, columnOffset), endQ = w == Width - 1u ? Q : min(Q, FIRST_FROM((w + 1u) * columnUnit, columnSlope, columnOffset));
        UNIT dx = UNIT(0.0);
        for (uint p = firstP; p < endP; ++p) {
            float vertical = weightOf(h, rowTaps(p));
            for (uint q = firstQ; q < endQ; ++q) dx += LOAD_UNIT(Dy, ((n * P + p) * Q + q) * C + c) * (vertical * weightOf(w, columnTaps(q)));
        }
        STORE_UNIT(Dx, u, dx);
    }
}
