#version 450
// AvgPool2D: the mean of the cells of x in each window, per channel; padded cells are not counted.
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Needs   shapes that Pool2DGeometry accepts, counts < 2^31.
// Grid    1-D, one invocation per output. Neighbouring lanes hold neighbouring channels.
// Tune    GROUP, the workgroup's size.
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "pool.glsl"
layout(local_size_x_id = 0) in;  // GROUP

void main()
{
    uint o = LINEAR_INDEX;
    if (o >= count) return;
    Window at = windowOf(o);
    float sum = 0.0;
    for (uint h = at.top; h < at.bottom; ++h)
        for (uint w = at.left; w < at.right; ++w) sum += LOAD(X, cellAt(at, h, w));
    STORE(Y, o, sum / float((at.bottom - at.top) * (at.right - at.left)));
}
