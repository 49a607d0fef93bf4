#version 450
// MaxPool2DPick: the element of u at the cell of x that wins each window; 0 where THROUGH_RELU and that cell of x is not positive.
// Shapes  x (N,H,W,C) f32, u (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Needs   shapes that Pool2DGeometry accepts, counts < 2^31.
// Ties    see winner.glsl. A NaN in x passes THROUGH_RELU.
// Grid    1-D, one invocation per output. Neighbouring lanes hold neighbouring channels.
// Tune    GROUP, the workgroup's size.
#define BUFFERS IN(float, X, 0) IN(float, U, 1) OUT(float, Y, 2)
#include "pool.glsl"
#include "winner.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const bool THROUGH_RELU = false;

void main()
{
    uint o = LINEAR_INDEX;
    if (o >= count) return;
    float best;
    uint won = winnerOf(windowOf(o), best);
    STORE(Y, o, THROUGH_RELU && !isNaN(best) && best <= 0.0 ? 0.0 : LOAD(U, won));
}
