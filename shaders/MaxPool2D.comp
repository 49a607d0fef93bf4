#version 450
// MaxPool2D: the largest value of each window, per channel. y[n,p,q,c] = max x[n, p*SH-top+i, q*SW-left+j, c] over the cells of x in the window.
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Needs   shapes that Pool2DGeometry accepts, counts < 2^31.
// Ties    see winner.glsl; a window of -inf gives -inf.
// Grid    1-D, one invocation per output. Neighbouring lanes hold neighbouring channels, so loads and stores coalesce.
// Tune    GROUP, the workgroup's size.
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "pool.glsl"
#include "winner.glsl"
layout(local_size_x_id = 0) in;  // GROUP

void main()
{
    uint o = LINEAR_INDEX;
    if (o >= count) return;
    float best;
    winnerOf(windowOf(o), best);
    STORE(Y, o, best);
}
