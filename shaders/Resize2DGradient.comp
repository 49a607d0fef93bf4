#version 450
// Resize2DGradient: dx[n,h,w,c] = sum of dy[n,p,q,c] over the pixels of y that (h,w) is a part of, by its weight there.
// Shapes  dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Needs   extents that Resize2DGeometry accepts, counts < 2^31.
// Grid    1-D, each.glsl; resize.glsl says what a unit is and where places are. A unit of dx gathers: no atomics, one order.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#define BUFFERS IN(float, Dy, 0) OUT(float, Dx, 1)
#include "resize.glsl"

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint pixel = OVER(u, C), row = OVER(pixel, columns), n = OVER(row, rows), c = u - pixel * C, h = row - n * H, w = pixel - row * Width;
        uvec2 ps = rowsOf(h), qs = columnsOf(w);
        UNIT dx = UNIT(0.0);
        for (uint p = ps.x; p < ps.y; ++p) {
            float vertical = weightOf(h, rowTaps(p));
            for (uint q = qs.x; q < qs.y; ++q) dx += LOAD_UNIT(Dy, ((n * P + p) * Q + q) * C + c) * (vertical * weightOf(w, columnTaps(q)));
        }
        STORE_UNIT(Dx, u, dx);
    }
}
