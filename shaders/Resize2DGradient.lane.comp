#version 450
// Resize2DGradient, for processors: dx[n,h,w,c] = sum of dy[n,p,q,c] over the pixels of y that (h,w) is a part of, by its weight there.
// Shapes  dy (N,P,Q,C) f32, dx (N,H,W,C) f32. Row-major, C fastest.
// Terms   ROWS_OF_Y x COLUMNS_OF_Y pixels, as many as any cell has; a cell's missing ones are the last pixels of y again, and masked.
// Needs, Grid, Tune: resize-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define BUFFERS IN(float, Dy, 0) OUT(float, Dx, 1)
#include "resize-lane.glsl"
layout(constant_id = 5) const uint ROWS_OF_Y = 4;
layout(constant_id = 6) const uint COLUMNS_OF_Y = 4;

void main()
{
    Segment s = segmentOfThis(ADDRESS(Dx));
    uint64_t dy = ADDRESS(Dy) + 4ul * s.channel;
    uvec2 ps = rowsOf(s.row);
    float vertical[ROWS_OF_Y];
    [[unroll]] for (uint i = 0; i < ROWS_OF_Y; ++i) vertical[i] = weightOf(s.row, rowTaps(min(ps.x + i, P - 1u)));
    [[unroll]] for (uint pixel = 0; pixel < PIXELS; ++pixel) {
        uint w = s.column + pixel;
        uvec2 qs = columnsOf(w);
        float horizontal[COLUMNS_OF_Y];
        [[unroll]] for (uint j = 0; j < COLUMNS_OF_Y; ++j) horizontal[j] = weightOf(w, columnTaps(min(qs.x + j, Q - 1u)));
        [[unroll]] for (uint r = 0; r < RUNS; ++r) {
            float dx0 = 0.0, dx1 = 0.0;
            [[unroll]] for (uint i = 0; i < ROWS_OF_Y; ++i)
                [[unroll]] for (uint j = 0; j < COLUMNS_OF_Y; ++j) {
                    uint p = min(ps.x + i, P - 1u), q = min(qs.x + j, Q - 1u);
                    uint keep = (0u - uint(ps.x + i < ps.y)) & (0u - uint(qs.x + j < qs.y));
                    uint64_t at = dy + 4ul * (((s.image * P + p) * Q + q) * C) + 64ul * r;
                    dx0 += keepIf(load8(at), keep) * (vertical[i] * horizontal[j]);
                    dx1 += keepIf(load8(at + 32ul), keep) * (vertical[i] * horizontal[j]);
                }
            store16(s.results + 64ul * (pixel * RUNS + r), dx0, dx1);
        }
    }
}
