#version 450
// Resize2D, for processors: y[n,p,q,c] is x at the place of (p,q), or of the two rows and columns beside it, by nearness.
// Shapes  x (N,H,W,C) f32, y (N,P,Q,C) f32. Row-major, C fastest.
// Needs, Grid, Tune: resize-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "resize-lane.glsl"

void main()
{
    Segment s = segmentOfThis(ADDRESS(Y));
    Taps h = rowTaps(s.row);
    uint64_t x = ADDRESS(X) + 4ul * s.channel;
    [[unroll]] for (uint i = 0; i < PIXELS; ++i) {
        Taps w = columnTaps(s.column + i);
        uint low = (s.image * H + h.low) * Width, high = (s.image * H + h.high) * Width;
        uint64_t topLeft = x + 4ul * ((low + w.low) * C), topRight = x + 4ul * ((low + w.high) * C);
        uint64_t bottomLeft = x + 4ul * ((high + w.low) * C), bottomRight = x + 4ul * ((high + w.high) * C);
        [[unroll]] for (uint r = 0; r < RUNS; ++r) {
            float y[2];
            [[unroll]] for (uint j = 0; j < 2; ++j) {
                uint64_t at = 64ul * r + 32ul * j;
                y[j] = load8(topLeft + at);
                if (BLENDS != 0u) {
                    float top = y[j] * (1.0 - w.share) + load8(topRight + at) * w.share;
                    float bottom = load8(bottomLeft + at) * (1.0 - w.share) + load8(bottomRight + at) * w.share;
                    y[j] = top * (1.0 - h.share) + bottom * h.share;
                }
            }
            store16(s.results + 64ul * (i * RUNS + r), y[0], y[1]);
        }
    }
}
