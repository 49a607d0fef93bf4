#version 450
// MaxPool2DGradient, for processors: dx = dy at the cell of its window that wins, else 0; 0 too where THROUGH_RELU and x is not positive.
// Shapes  x (N,H,W,C) f32, dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Ties    the first in row-major order; a NaN wins, the first of them. A NaN in x passes THROUGH_RELU.
// Needs, Grid, Tune: pool-lane.glsl.
#define GRADIENT
#define BUFFERS IN(float, X, 0) IN(float, DY, 1) OUT(float, DX, 2)
#include "pool-lane.glsl"
#include "math.glsl"
layout(constant_id = 6) const bool THROUGH_RELU = false;

// b beats a, which comes before it.
bool beats(float b, float a) { return (b > a || isNaN(b)) && !isNaN(a); }

// What flows to the four cells of a window, in row-major order.
void route(float v[4], float dy, out float d[4])
{
    bool right = beats(v[1], v[0]), rightBelow = beats(v[3], v[2]);
    float top = mix(v[0], v[1], right), bottom = mix(v[2], v[3], rightBelow);
    bool low = beats(bottom, top);
    float won = mix(top, bottom, low);
    float flow = THROUGH_RELU ? mix(0.0, dy, won > 0.0 || isNaN(won)) : dy;
    d[0] = mix(flow, 0.0, right || low);
    d[1] = mix(0.0, flow, right && !low);
    d[2] = mix(0.0, flow, low && !rightBelow);
    d[3] = mix(0.0, flow, low && rightBelow);
}

void main()
{
    Segment s = segmentOfThis();
    uint64_t x = ADDRESS(X) + s.above, dx = ADDRESS(DX) + s.above, dy = ADDRESS(DY) + 4ul * (uint64_t(s.row) * rowY);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) {
        uint o = s.first + 16u * u;
        uint64_t at = leftOf(o), below = at + 4ul * rowX;
        float a[4], b[4];
        float v[4] = float[4](load8(x + at), load8(x + at + 4ul * C), load8(x + below), load8(x + below + 4ul * C));
        route(v, load8(dy + 4ul * o), a);
        float w[4] = float[4](load8(x + at + 32ul), load8(x + at + 4ul * C + 32ul), load8(x + below + 32ul), load8(x + below + 4ul * C + 32ul));
        route(w, load8(dy + 4ul * o + 32ul), b);
        store16(dx + at, a[0], b[0]);
        store16(dx + at + 4ul * C, a[1], b[1]);
        store16(dx + below, a[2], b[2]);
        store16(dx + below + 4ul * C, a[3], b[3]);
    }
    clearLeftOver(s, dx);
}
