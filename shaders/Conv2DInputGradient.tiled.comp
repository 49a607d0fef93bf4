#version 450
// Conv2DInputGradient on GPUs, as a product that is never laid out: dx[pixel,c] = sum over (tap,o) of dy[pixel moved back by tap, o] * w[tap,c,o].
// Shapes  dy (N,P,Q,O), w (KH,KW,CG,O), dx (N,H,W,C), all f32, but dy and w may both be bf16 or f16. Group g of channels reads outputs g*OG...
// DEPTH   the same of Conv3D: clips of frames (conv2d.glsl).
// Needs   shapes that Conv2DGeometry accepts, counts < 2^31. O_WIDE: OG is a multiple of 4; X_WIDE: CG is.
// Grid    x tiles of a group's channels, y tiles of pixels of dx, z groups; tile.glsl (coopmat.glsl) says how a workgroup computes its tile.
// Tune    BM, BN (the tile), TM, TN (what a lane computes of it).
#include "conv2d.glsl"
#define BUFFERS IN(uint, DY, 0) IN(uint, W, 1) OUT(float, DX, 2)
#define PUSH CONV2D_EXTENTS \
    uint M, terms;  /* pixels of dx; taps times channels */ \
    DIVISOR(H) DIVISOR(Width) DIVISOR(OG) DIVISOR(KW) DIVISOR(SH) DIVISOR(SW)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BM = 64; layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 3) const uint TM = 8;  layout(constant_id = 4) const uint TN = 8;
layout(constant_id = 5) const bool O_WIDE = false; layout(constant_id = 6) const bool X_WIDE = false;
layout(constant_id = 7) const uint OPERANDS = 0;  // of dy and w
#include "operands.glsl"
OPERAND_LOADS(DY)
OPERAND_LOADS(W)
const bool COLUMN_SUMS = false, A_ALONG_K = true, B_ALONG_K = true;
#ifdef COOPMAT
#include "coopmat.glsl"
#else
#include "tile.glsl"
#endif

QUAD quadA(uint m, uint k, uint end)
{
    QUAD v = NO_QUAD;
    if (m >= M) return v;
    uint row = OVER(m, Width), w = m - row * Width, n = OVER(row, H), h = row - n * H;
    [[unroll]] for (uint e = 0u; e < 4u; ++e) {
        if (k + e >= end) break;
        uint tap = OVER(k + e, OG), i = OVER(tap, KW), j = tap - i * KW, image = n;
        bool there = true;
        FRAME_OF_Y(image, i, there)
        uint down = h + TOP, after = w + LEFT;
        bool used = there && down >= i * DH && after >= j * DW;
        uint p = used ? OVER(down - i * DH, SH) : P, q = used ? OVER(after - j * DW, SW) : Q;
        used = used && p < P && q < Q && p * SH == down - i * DH && q * SW == after - j * DW;
        uint at = ((image * P + p) * Q + q) * O + gl_WorkGroupID.z * OG + k + e - tap * OG;
        if (O_WIDE) return used ? QUAD_AT(DY, at) : v;  // the quad is of one tap
        if (used) SET_QUAD(v, e, DY, at);
    }
    return v;
}

QUAD quadB(uint k, uint n, uint end)
{
    QUAD v = NO_QUAD;
    if (n >= CG) return v;
    [[unroll]] for (uint e = 0u; e < 4u; ++e) {
        if (k + e >= end) break;
        uint tap = OVER(k + e, OG);
        uint at = (tap * CG + n) * O + gl_WorkGroupID.z * OG + k + e - tap * OG;
        if (O_WIDE) return QUAD_AT(W, at);
        SET_QUAD(v, e, W, at);
    }
    return v;
}

void storeQuad(uint m, uint n, vec4 v)
{
    if (m >= M || n >= CG) return;
    uint at = m * C + gl_WorkGroupID.z * CG + n, channels = min(4u, CG - n);
    if (X_WIDE) STORE4(DX, at, v);
    else
        for (uint e = 0u; e < channels; ++e) STORE(DX, at + e, v[e]);
}

void main()
{
    uint m0 = gl_WorkGroupID.y * BM, n0 = gl_WorkGroupID.x * BN;
    multiplyTile(m0, n0, 0u, terms);
    storeTile(m0, n0);
}
