// pool.glsl: what the pooling shaders share: their push block, and where their windows lie. Defines PUSH and includes buffers.glsl: define BUFFERS before.
// Windows clipped to the image are never empty: Pool2DGeometry sees to it.
#include "divide.glsl"
#define PUSH uint count, H, Width, C, P, Q, KH, KW, SH, SW, top, left; \
    DIVISOR(C) DIVISOR(P) DIVISOR(Q) DIVISOR(H) DIVISOR(Width) DIVISOR(SH) DIVISOR(SW)
#include "buffers.glsl"

struct Window { uint n, c, top, bottom, left, right; };  // image, channel; rows and columns of x, the last ones excluded

// The window of output (p, q).
Window windowAt(uint n, uint p, uint q, uint c)
{
    int h = int(p * SH) - int(top), w = int(q * SW) - int(left);
    return Window(n, c, uint(max(h, 0)), min(H, uint(h + int(KH))), uint(max(w, 0)), min(Width, uint(w + int(KW))));
}

// The window of the output element at o, of y (N,P,Q,C).
Window windowOf(uint o)
{
    uint pixel = OVER(o, C), row = OVER(pixel, Q), n = OVER(row, P);
    return windowAt(n, row - n * P, pixel - row * Q, o - pixel * C);
}

// The index in x (N,H,W,C) of a cell, and in y (N,P,Q,C) of an output.
uint cellAt(Window o, uint h, uint w) { return ((o.n * H + h) * Width + w) * C + o.c; }
uint outputAt(uint n, uint p, uint q, uint c) { return ((n * P + p) * Q + q) * C + c; }

// The windows that hold a cell of x: output rows and columns from first, end excluded.
struct Windows { uint n, c, firstP, endP, firstQ, endQ; };

// Of the cell at e, of x (N,H,W,C): p from ceil((h + top - KH + 1) / SH), q likewise.
Windows windowsOver(uint e, out uint h, out uint w)
{
    uint pixel = OVER(e, C), row = OVER(pixel, Width), n = OVER(row, H);
    h = row - n * H;
    w = pixel - row * Width;
    uint below = h + top, after = w + left;
    return Windows(n, e - pixel * C,
        below < KH ? 0u : OVER(below - KH + SH, SH), min(P, OVER(below, SH) + 1u),
        after < KW ? 0u : OVER(after - KW + SW, SW), min(Q, OVER(after, SW) + 1u));
}
