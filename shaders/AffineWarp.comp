#version 450
// AffineWarp: every pixel (r, q) read at m[n,0]·(r, q, 1), m[n,1]·(r, q, 1) of its image, then rescaled.
// Shapes  x (N,H,W,C) u8, four to a word; m (N,2,3) f32; y (N,H,W,C) f32. Row-major, C fastest.
// Needs   counts < 2^31; finite matrices (what is not finite counts as outside).
// Edges   FILL 0 nearest, 1 constant, 2 reflect, 3 wrap, by scipy.ndimage's rules; ORDER 1 linear, 0 nearest pixel.
// Grid    1-D, one invocation per pixel, which walks the channels.
// Tune    GROUP, the workgroup's size.
#include "divide.glsl"
#define BUFFERS IN(uint, X, 0) IN(float, M, 1) OUT(float, Y, 2)
#define PUSH uint count, H, Width, C, fillBits, scaleBits; DIVISOR(H) DIVISOR(Width)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const uint FILL = 0;
layout(constant_id = 2) const uint ORDER = 1;

// The remainder of at / period in [0, period), also where the quotient was rounded to the wrong side of a whole number.
float remainderOf(float at, float period)
{
    float rest = at - period * floor(at / period);
    return rest < 0.0 ? rest + period : rest >= period ? rest - period : rest;
}

// The coordinate brought near the image.
float inside(float at, uint extent, inout bool outside)
{
    float last = float(extent) - 1.0;
    if (at >= 0.0 && at <= last) return at;
    if (FILL == 1u || (floatBitsToUint(at) & 0x7f800000u) == 0x7f800000u) { outside = true; return 0.0; }
    if (FILL == 0u) return clamp(at, 0.0, last);
    if (FILL == 2u) {
        float whole = 2.0 * float(extent), folded = remainderOf(at, whole);
        return clamp(folded < float(extent) ? folded : whole - 1.0 - folded, -1.0, float(extent));
    }
    if (extent == 1u) return 0.0;
    return at < 0.0 ? last - remainderOf(-at, last) : remainderOf(at, last);
}

// A neighbour of such a coordinate lies at most one pixel outside.
uint indexOf(int at, uint extent)
{
    if (at >= 0 && at < int(extent)) return uint(at);
    if (FILL == 3u && extent > 1u) return at < 0 ? extent - 2u : 1u;
    return uint(clamp(at, 0, int(extent) - 1));
}

float byteAt(uint i) { return float((LOAD(X, i >> 2) >> ((i & 3u) * 8u)) & 255u); }

void main()
{
    uint o = LINEAR_INDEX;
    if (o >= count) return;
    uint line = OVER(o, Width), q = o - line * Width, n = OVER(line, H), r = line - n * H;
    bool outside = false;
    float row = inside(LOAD(M, n * 6u) * float(r) + LOAD(M, n * 6u + 1u) * float(q) + LOAD(M, n * 6u + 2u), H, outside);
    float column = inside(LOAD(M, n * 6u + 3u) * float(r) + LOAD(M, n * 6u + 4u) * float(q) + LOAD(M, n * 6u + 5u), Width, outside);
    float scale = uintBitsToFloat(scaleBits);
    if (outside) {
        for (uint c = 0u; c < C; ++c) STORE(Y, o * C + c, uintBitsToFloat(fillBits) * scale);
        return;
    }
    if (ORDER == 0u) {
        uint from = ((n * H + indexOf(int(floor(row + 0.5)), H)) * Width + indexOf(int(floor(column + 0.5)), Width)) * C;
        for (uint c = 0u; c < C; ++c) STORE(Y, o * C + c, byteAt(from + c) * scale);
        return;
    }
    int top = int(floor(row)), left = int(floor(column));
    float down = row - float(top), right = column - float(left);
    uint above = (n * H + indexOf(top, H)) * Width, below = (n * H + indexOf(top + 1, H)) * Width;
    uint before = indexOf(left, Width), after = indexOf(left + 1, Width);
    for (uint c = 0u; c < C; ++c) {
        float upper = byteAt((above + before) * C + c) * (1.0 - right) + byteAt((above + after) * C + c) * right;
        float lower = byteAt((below + before) * C + c) * (1.0 - right) + byteAt((below + after) * C + c) * right;
        STORE(Y, o * C + c, (upper * (1.0 - down) + lower * down) * scale);
    }
}
