#version 450
// AvgPool2D, for processors: y[n,p,q,c] = (sum of x[n, 2p + i, 2q + j, c], 0 <= i, j < 2) / 4.
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Needs, Grid, Tune: pool-lane.glsl.
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "pool-lane.glsl"

float meanOf(uint64_t above, uint64_t below)
{
    return 0.25 * (load8(above) + load8(above + 4ul * C) + load8(below) + load8(below + 4ul * C));
}

void main()
{
    Segment s = segmentOfThis();
    uint64_t above = ADDRESS(X) + s.above, below = above + 4ul * rowX, y = ADDRESS(Y) + 4ul * (uint64_t(s.row) * rowY);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) {
        uint o = s.first + 16u * u;
        uint64_t at = leftOf(o);
        store16(y + 4ul * o, meanOf(above + at, below + at), meanOf(above + at + 32ul, below + at + 32ul));
    }
}
