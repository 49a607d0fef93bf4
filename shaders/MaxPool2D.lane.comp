#version 450
// MaxPool2D, for processors: 2x2 windows, stride 2, straight-line code over vectors of eight channels.
//   y[n,p,q,c] = max x[n, 2p + i, 2q + j, c],  0 <= i, j < 2
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest; rows and columns left over are not read.
// Needs   no padding, C a multiple of 16, 16 * UNITS * segments == Q * C, SUBGROUPS * workgroups == N * P * segments, at most 32768 workgroups; DeviceLimits.HasLaneWords.
// Ties    a maximum needs none; a NaN wins (tested on bits).
// Grid    1-D: segments of output rows, one a subgroup: UNITS runs of sixteen channels.
// Tune    SUBGROUPS, UNITS: enough work a subgroup, short enough code.
#define INT64
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#define PUSH uint rowX; uint rowY; uint rowsOfX; uint P; uint segments;
// Pushed: floats of a row of x and of y, rows of an image of x and of y, segments of a row of y.
#include "buffers.glsl"
#include "lane-words.glsl"
#include "math.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint C = 32;
layout(constant_id = 3) const uint UNITS = 16;

// The largest of two; a NaN stays one.
float larger(float a, float b)
{
    return mix(a, b, (b > a || isNaN(b)) && !isNaN(a));
}

float winner(uint64_t a, uint64_t b)
{
    return larger(larger(load8(a), load8(a + 4ul * C)), larger(load8(b), load8(b + 4ul * C)));
}

void main()
{
    uint id = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint row = id / segments, first = (id - row * segments) * (16u * UNITS);
    uint n = row / P;
    uint64_t above = ADDRESS(X) + 4ul * (uint64_t(n * rowsOfX + 2u * (row - n * P)) * rowX);
    uint64_t below = above + 4ul * rowX, y = ADDRESS(Y) + 4ul * (uint64_t(row) * rowY);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) {
        uint o = first + 16u * u;
        uint64_t at = 4ul * (o + C * (o / C));      // 2 q C + c
        store16(y + 4ul * o, winner(above + at, below + at), winner(above + at + 32ul, below + at + 32ul));
    }
}
