#version 450
// Conv2DWeightGradient on GPUs, as a product that is never laid out: part[slice][(tap,c),o] = sum over the slice's pixels of dy of
// x[pixel moved by tap, c] * dy[pixel, o], and where COLUMN_SUMS, after these, part[slice][o] = sum of dy[pixel, o].
// Shapes  x (N,H,W,C), dy (N,P,Q,O), part (slices, KH*KW*CG*O + (COLUMN_SUMS ? O : 0)), all f32, but x and dy may both be bf16 or f16. Conv2DWeightGradient.sum.comp adds the slices.
// DEPTH   the same of Conv3D: clips of frames (conv2d.glsl).
// Needs   shapes that Conv2DGeometry accepts, counts < 2^31. X_WIDE: CG is a multiple of 4; O_WIDE: OG is.
// Grid    x tiles of a group's output channels, y tiles of (tap,c), z slices of groups; tile.glsl (coopmat.glsl) says how a workgroup computes its tile.
// Tune    BM, BN (the tile), TM, TN (what a lane computes of it).
#include "conv2d.glsl"
#define BUFFERS IN(uint, X, 0) IN(uint, DY, 1) OUT(float, Part, 2)
#define PUSH CONV2D_EXTENTS \
    uint M, pixels, pixelsOfSlice, size, groups;  /* taps times channels; pixels of dy, and of a slice; elements of a slice's part; channel groups */ \
    DIVISOR(P) DIVISOR(Q) DIVISOR(CG) DIVISOR(KW)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BM = 64; layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 3) const uint TM = 8;  layout(constant_id = 4) const uint TN = 8;
layout(constant_id = 5) const bool X_WIDE = false; layout(constant_id = 6) const bool O_WIDE = false;
layout(constant_id = 7) const bool COLUMN_SUMS = false;
layout(constant_id = 8) const uint OPERANDS = 0;  // of x and dy
#include "operands.glsl"
OPERAND_LOADS(X)
OPERAND_LOADS(DY)
const bool A_ALONG_K = false, B_ALONG_K = false;
#ifdef COOPMAT
#include "coopmat.glsl"
#else
#include "tile.glsl"
#endif

uint group, slice;

QUAD quadA(uint m, uint k, uint end)
{
    QUAD v = NO_QUAD;
    if (k >= end) return v;
    uint row = OVER(k, Q), q = k - row * Q, n = OVER(row, P), p = row - n * P;
    [[unroll]] for (uint e = 0u; e < 4u; ++e) {
        if (m + e >= M) break;
        uint tap = OVER(m + e, CG), i = OVER(tap, KW), j = tap - i * KW, image = n;
        bool there = true;
        FRAME_OF_X(image, i, there)
        uint h = p * SH + i * DH - TOP, w = q * SW + j * DW - LEFT;  // before the first row or column: very large
        uint at = ((image * H + h) * Width + w) * C + group * CG + m + e - tap * CG;
        there = there && h < H && w < Width;
        if (X_WIDE) return there ? QUAD_AT(X, at) : v;  // the quad is of one tap
        if (there) SET_QUAD(v, e, X, at);
    }
    return v;
}

QUAD quadB(uint k, uint n, uint end)
{
    uint at = k * O + group * OG + n;
    if (O_WIDE) return n < OG && k < end ? QUAD_AT(DY, at) : NO_QUAD;
    QUAD v = NO_QUAD;
    [[unroll]] for (uint e = 0u; e < 4u; ++e)
        if (n + e < OG && k < end) SET_QUAD(v, e, DY, at + e);
    return v;
}

void storeQuad(uint m, uint n, vec4 v)
{
    if (m >= M || n >= OG) return;
    uint at = slice * size + m * O + group * OG + n, channels = min(4u, OG - n);
    if (O_WIDE) STORE4(Part, at, v);
    else
        for (uint e = 0u; e < channels; ++e) STORE(Part, at + e, v[e]);
}

void main()
{
    slice = gl_WorkGroupID.z / groups;  // once a workgroup; with DEPTH a divisor more would not fit in 128 bytes
    group = gl_WorkGroupID.z - slice * groups;
    uint m0 = gl_WorkGroupID.y * BM, n0 = gl_WorkGroupID.x * BN, first = slice * pixelsOfSlice;
    multiplyTile(m0, n0, first, min(pixels, first + pixelsOfSlice));
    storeTile(m0, n0);
    if (storesColumnSums() && m0 == 0u)
        for (uint v = 0u; v < TN / 4u; ++v)
            for (uint e = 0u; e < 4u; ++e)
                if (n0 + columnOf(v) + e < OG) STORE(Part, slice * size + M * O + group * OG + n0 + columnOf(v) + e, columnSums[v][e]);
}
