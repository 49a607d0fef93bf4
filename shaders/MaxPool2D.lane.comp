#version 450
// MaxPool2D, for processors: y[n,p,q,c] = max x[n, 2p + i, 2q + j, c],  0 <= i, j < 2.
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Ties    a maximum needs none; a NaN wins (tested on bits).
// Needs, Grid, Tune: pool-lane.glsl.
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "pool-lane.glsl"
#include "math.glsl"

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
    Segment s = segmentOfThis();
    uint64_t above = ADDRESS(X) + s.above, below = above + 4ul * rowX, y = ADDRESS(Y) + 4ul * (uint64_t(s.row) * rowY);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) {
        uint o = s.first + 16u * u;
        uint64_t at = leftOf(o);
        store16(y + 4ul * o, winner(above + at, below + at), winner(above + at + 32ul, below + at + 32ul));
    }
}
