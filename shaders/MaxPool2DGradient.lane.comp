#version 450
// MaxPool2DGradient, for processors: 2x2 windows, stride 2, straight-line code over vectors of eight channels.
//   dx = dy at the cell of its window that wins, else 0; 0 too where THROUGH_RELU and x is not positive.
// Shapes  x (N,H,W,C) f32, dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Needs   no padding, C a multiple of 16, 16 * UNITS * segments == Q * C, SUBGROUPS * workgroups == N * P * segments, at most 32768 workgroups; DeviceLimits.HasLaneWords.
// Ties    the first in row-major order; a NaN wins, the first of them. A NaN in x passes THROUGH_RELU.
// Grid    1-D: segments of output rows, one a subgroup: UNITS runs of sixteen channels.
// Tune    SUBGROUPS, UNITS.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, DY, 1) OUT(float, DX, 2)
#define PUSH uint rowX; uint rowY; uint rowsOfX; uint P; uint segments;
// Pushed: floats of a row of x and of y, rows of an image of x and of y, segments of a row of y.
#include "buffers.glsl"
#include "lane-words.glsl"
#include "math.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint C = 32;
layout(constant_id = 3) const uint UNITS = 16;
layout(constant_id = 4) const bool THROUGH_RELU = false;
layout(constant_id = 5) const bool ODD_WIDTH = false;  // a column, or a row, is left over and gets zeros
layout(constant_id = 6) const bool ODD_HEIGHT = false;

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
    uint id = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint row = id / segments, first = (id - row * segments) * (16u * UNITS);
    uint n = row / P, p = row - n * P;
    uint64_t above = 4ul * (uint64_t(n * rowsOfX + 2u * p) * rowX), dy = ADDRESS(DY) + 4ul * (uint64_t(row) * rowY);
    uint64_t x = ADDRESS(X) + above, dx = ADDRESS(DX) + above;
    [[unroll]] for (uint u = 0; u < UNITS; ++u) {
        uint o = first + 16u * u;
        uint64_t at = 4ul * (o + C * (o / C)), below = at + 4ul * rowX;     // 2 q C + c, and a row further
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
    uint64_t last = dx + 4ul * (rowX - C), next = dx + 8ul * rowX;  // the column left over, the row after the next
    if (ODD_WIDTH) [[unroll]] for (uint c = 0; c < C; c += 16u) {
        store16(last + 4ul * c, 0.0, 0.0);
        store16(last + 4ul * (rowX + c), 0.0, 0.0);
    }
    if (ODD_HEIGHT && p + 1u == P) {
        [[unroll]] for (uint u = 0; u < UNITS; ++u) {
            uint o = first + 16u * u;
            uint64_t at = 4ul * (o + C * (o / C));
            store16(next + at, 0.0, 0.0);
            store16(next + at + 4ul * C, 0.0, 0.0);
        }
        if (ODD_WIDTH) [[unroll]] for (uint c = 0; c < C; c += 16u) store16(last + 8ul * rowX + 4ul * c, 0.0, 0.0);
    }
}
