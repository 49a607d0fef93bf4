#version 450
// Resize2D: images at another size: y[n,p,q,c] is x at the place of (p,q), or of the two rows and columns beside it, by nearness.
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Needs   extents that Resize2DGeometry accepts, counts < 2^31.
// Grid    1-D, each.glsl; resize.glsl says what a unit is and where places are.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "resize.glsl"

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint pixel = OVER(u, C), row = OVER(pixel, columns), n = OVER(row, rows), c = u - pixel * C;
        Taps h = rowTaps(row - n * P), w = columnTaps(pixel - row * Q);
        uint low = (n * H + h.low) * Width, high = (n * H + h.high) * Width;
        UNIT y = LOAD_UNIT(X, (low + w.low) * C + c);
        if (BLENDS != 0u) {
            UNIT top = y * (1.0 - w.share) + LOAD_UNIT(X, (low + w.high) * C + c) * w.share;
            UNIT bottom = LOAD_UNIT(X, (high + w.low) * C + c) * (1.0 - w.share) + LOAD_UNIT(X, (high + w.high) * C + c) * w.share;
            y = top * (1.0 - h.share) + bottom * h.share;
        }
        STORE_UNIT(Y, u, y);
    }
}
