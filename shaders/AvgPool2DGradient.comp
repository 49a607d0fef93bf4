#version 450
// AvgPool2DGradient: dx[n,h,w,c] = sum of dy[n,p,q,c] / (cells of x in that window) over the windows that hold the cell (h,w).
// Shapes  dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Needs   shapes that Pool2DGeometry accepts, counts < 2^31.
// Grid    1-D, one invocation per cell of dx, which gathers: windows may overlap or leave gaps. Neighbouring lanes hold neighbouring channels.
// Tune    GROUP, the workgroup's size.
#define BUFFERS IN(float, DY, 0) OUT(float, DX, 1)
#include "pool.glsl"
layout(local_size_x_id = 0) in;  // GROUP

void main()
{
    uint e = LINEAR_INDEX;
    if (e >= count) return;
    uint h, w;
    Windows over = windowsOver(e, h, w);
    float dx = 0.0;
    for (uint p = over.firstP; p < over.endP; ++p)
        for (uint q = over.firstQ; q < over.endQ; ++q) {
            Window at = windowAt(over.n, p, q, over.c);
            dx += LOAD(DY, outputAt(over.n, p, q, over.c)) / float((at.bottom - at.top) * (at.right - at.left));
        }
    STORE(DX, e, dx);
}
