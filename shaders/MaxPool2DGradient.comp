#version 450
// MaxPool2DGradient: dx[n,h,w,c] = sum of dy[n,p,q,c] over the windows that the cell (h,w) of x wins; 0 where THROUGH_RELU and x is not positive.
// Shapes  x (N,H,W,C) f32, dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Needs   shapes that Pool2DGeometry accepts, counts < 2^31.
// Ties    see winner.glsl. A NaN in x passes THROUGH_RELU.
// Grid    1-D, one invocation per cell of x, which looks for the winner of every window it is in: nothing is added by two
//         invocations, windows may overlap or leave gaps. Neighbouring lanes hold neighbouring channels.
// Tune    GROUP, the workgroup's size.
#define BUFFERS IN(float, X, 0) IN(float, DY, 1) OUT(float, DX, 2)
#include "pool.glsl"
#include "winner.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const bool THROUGH_RELU = false;

void main()
{
    uint e = LINEAR_INDEX;
    if (e >= count) return;
    uint h, w;
    Windows over = windowsOver(e, h, w);
    float dx = 0.0, own = LOAD(X, e), best;
    if (!THROUGH_RELU || isNaN(own) || own > 0.0)
        for (uint p = over.firstP; p < over.endP; ++p)
            for (uint q = over.firstQ; q < over.endQ; ++q)
                if (winnerOf(windowAt(over.n, p, q, over.c), best) == e) dx += LOAD(DY, outputAt(over.n, p, q, over.c));
    STORE(DX, e, dx);
}
