#version 450
// Conv2D on GPUs, as a product that is never laid out: y[pixel,o] = activation(sum over (tap,c) of x[pixel moved by tap, c] * w[(tap,c),o] + bias[o]).
// Shapes  x (N,H,W,C), w (KH,KW,CG,O), bias (O), y (N,P,Q,O), all f32 (x and w may both be bf16 or f16), NHWC and HWIO. Group g reads channels g*CG.. and makes g*OG...
// DEPTH   the same of Conv3D: clips of frames (conv2d.glsl).
// Needs   shapes that Conv2DGeometry accepts, counts < 2^31. X_WIDE: CG is a multiple of 4; O_WIDE: OG is.
// Grid    x tiles of a group's output channels, y tiles of pixels, z groups; tile.glsl (coopmat.glsl) says how a workgroup computes its tile.
// Tune    BM, BN (the tile), TM, TN (what a lane computes of it).
#include "conv2d.glsl"
#define BUFFERS IN(uint, X, 0) IN(uint, W, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH CONV2D_EXTENTS \
    uint M, terms;  /* pixels of y; taps times channels */ \
    DIVISOR(P) DIVISOR(Q) DIVISOR(CG) DIVISOR(KW)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BM = 64; layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 3) const uint TM = 8;  layout(constant_id = 4) const uint TN = 8;
layout(constant_id = 5) const bool X_WIDE = false; layout(constant_id = 6) const bool O_WIDE = false;
layout(constant_id = 7) const bool HAS_BIAS = false;
layout(constant_id = 8) const uint ACTIVATION = 0;
layout(constant_id = 9) const uint SLOPE = 0;
layout(constant_id = 10) const uint OPERANDS = 0;  // of x and w
#include "operands.glsl"
OPERAND_LOADS(X)
OPERAND_LOADS(W)
const bool COLUMN_SUMS = false, A_ALONG_K = true, B_ALONG_K = false;
#include "epilogue.glsl"
#ifdef COOPMAT
#include "coopmat.glsl"
#else
#include "tile.glsl"
#endif

QUAD quadA(uint m, uint k, uint end)
{
    QUAD v = NO_QUAD;
    if (m >= M) return v;
    uint row = OVER(m, Q), q = m - row * Q, n = OVER(row, P), p = row - n * P;
    [[unroll]] for (uint e = 0u; e < 4u; ++e) {
        if (k + e >= end) break;
        uint tap = OVER(k + e, CG), i = OVER(tap, KW), j = tap - i * KW, image = n;
        bool there = true;
        FRAME_OF_X(image, i, there)
        uint h = p * SH + i * DH - TOP, w = q * SW + j * DW - LEFT;  // before the first row or column: very large
        uint at = ((image * H + h) * Width + w) * C + gl_WorkGroupID.z * CG + k + e - tap * CG;
        there = there && h < H && w < Width;
        if (X_WIDE) return there ? QUAD_AT(X, at) : v;  // the quad is of one tap
        if (there) SET_QUAD(v, e, X, at);
    }
    return v;
}

QUAD quadB(uint k, uint n, uint end)
{
    uint at = k * O + gl_WorkGroupID.z * OG + n;
    if (O_WIDE) return n < OG && k < end ? QUAD_AT(W, at) : NO_QUAD;
    QUAD v = NO_QUAD;
    [[unroll]] for (uint e = 0u; e < 4u; ++e)
        if (n + e < OG && k < end) SET_QUAD(v, e, W, at + e);
    return v;
}

void storeQuad(uint m, uint n, vec4 v)
{
    if (m >= M || n >= OG) return;
    uint o = gl_WorkGroupID.z * OG + n, channels = min(4u, OG - n);
    if (O_WIDE) {
        if (HAS_BIAS) v += LOAD4(Bias, o);
        STORE4(Y, m * O + o, epilogue(v));
    } else
        for (uint e = 0u; e < channels; ++e) STORE(Y, m * O + o + e, epilogue(v[e] + (HAS_BIAS ? LOAD(Bias, o + e) : 0.0)));
}

void main()
{
    uint m0 = gl_WorkGroupID.y * BM, n0 = gl_WorkGroupID.x * BN;
    multiplyTile(m0, n0, 0u, terms);
    storeTile(m0, n0);
}
