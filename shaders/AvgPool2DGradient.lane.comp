#version 450
// AvgPool2DGradient, for processors: dx = a quarter of dy in each cell of a window.
// Shapes  dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Needs, Grid, Tune: pool-lane.glsl.
#define GRADIENT
#define BUFFERS IN(float, DY, 0) OUT(float, DX, 1)
#include "pool-lane.glsl"

void main()
{
    Segment s = segmentOfThis();
    uint64_t dx = ADDRESS(DX) + s.above, dy = ADDRESS(DY) + 4ul * (uint64_t(s.row) * rowY);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) {
        uint o = s.first + 16u * u;
        uint64_t at = dx + leftOf(o), below = at + 4ul * rowX;
        float a = 0.25 * load8(dy + 4ul * o), b = 0.25 * load8(dy + 4ul * o + 32ul);
        store16(at, a, b);
        store16(at + 4ul * C, a, b);
        store16(below, a, b);
        store16(below + 4ul * C, a, b);
    }
    clearLeftOver(s, dx);
}
