#version 450
// MatMul on GPUs: y[b,m,n] = activation(sum over k of a[b,m,k] * b[b,k,n] + bias[n]); also s[n] = sum over k of b[k,n] where COLUMN_SUMS.
// Shapes  a (...,M,K), b (...,K,N), bias (N), y (...,M,N), s (N), all f32, but a and b may both be bf16 or f16. Either factor may be stored transposed: its strides say so.
// Needs   A_ALONG_K: aTerm = 1, else aRow = 1; B_ALONG_K: bTerm = 1, else bColumn = 1. A_WIDE, B_WIDE: extents along the quads and all
//         strides but 1 are multiples of 4, so that a quad is inside or outside as a whole and lies on 16 bytes.
// Grid    x tiles of columns, y tiles of rows, z batches; tile.glsl (coopmat.glsl) says how a workgroup computes its tile.
// Tune    BM, BN (the tile), TM, TN (what a lane computes of it).
#include "divide.glsl"
#define BUFFERS IN(uint, A, 0) IN(uint, B, 1) IN(float, Bias, 2) OUT(float, Y, 3) OUT(float, S, 4)
#define PUSH uint M, N, K, aRow, aTerm, bTerm, bColumn; \
    /* the matrix of batch (outer, inner) starts at first + outer * outerStep + inner * innerStep */ \
    uint inner, aFirst, aOuter, aInner, bFirst, bOuter, bInner, yFirst; DIVISOR(inner)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint BM = 64; layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 3) const uint TM = 8;  layout(constant_id = 4) const uint TN = 8;
layout(constant_id = 5) const bool COLUMN_SUMS = false;
layout(constant_id = 6) const bool A_ALONG_K = true;  layout(constant_id = 7) const bool B_ALONG_K = false;
layout(constant_id = 8) const bool A_WIDE = false;    layout(constant_id = 9) const bool B_WIDE = false;
layout(constant_id = 10) const bool Y_WIDE = false;
layout(constant_id = 11) const bool HAS_BIAS = false;
layout(constant_id = 12) const uint ACTIVATION = 0;
layout(constant_id = 13) const uint SLOPE = 0;
layout(constant_id = 14) const uint OPERANDS = 0;  // of a and b
#include "operands.glsl"
OPERAND_LOADS(A)
OPERAND_LOADS(B)
#include "epilogue.glsl"
#ifdef COOPMAT
#include "coopmat.glsl"
#else
#include "tile.glsl"
#endif

uint aStart, bStart, yStart;  // of this batch's matrices

QUAD quadA(uint m, uint k, uint end)
{
    uint at = aStart + m * aRow + k * aTerm;
    if (A_WIDE) return m < M && k < end ? QUAD_AT(A, at) : NO_QUAD;
    QUAD v = NO_QUAD;
    [[unroll]] for (uint e = 0u; e < 4u; ++e)
        if (A_ALONG_K ? m < M && k + e < end : m + e < M && k < end) SET_QUAD(v, e, A, at + e);
    return v;
}

QUAD quadB(uint k, uint n, uint end)
{
    uint at = bStart + k * bTerm + n * bColumn;
    if (B_WIDE) return n < N && k < end ? QUAD_AT(B, at) : NO_QUAD;
    QUAD v = NO_QUAD;
    [[unroll]] for (uint e = 0u; e < 4u; ++e)
        if (B_ALONG_K ? n < N && k + e < end : n + e < N && k < end) SET_QUAD(v, e, B, at + e);
    return v;
}

void storeQuad(uint m, uint n, vec4 v)
{
    if (m >= M || n >= N) return;
    uint at = yStart + m * N + n, columns = min(4u, N - n);
    if (Y_WIDE) {
        if (HAS_BIAS) v += LOAD4(Bias, n);
        STORE4(Y, at, epilogue(v));
    } else
        for (uint e = 0u; e < columns; ++e) STORE(Y, at + e, epilogue(v[e] + (HAS_BIAS ? LOAD(Bias, n + e) : 0.0)));
}

void main()
{
    uint batch = gl_WorkGroupID.z, outer = OVER(batch, inner), within = batch - outer * inner;
    aStart = aFirst + outer * aOuter + within * aInner;
    bStart = bFirst + outer * bOuter + within * bInner;
    yStart = yFirst + batch * M * N;
    uint m0 = gl_WorkGroupID.y * BM, n0 = gl_WorkGroupID.x * BN;
    multiplyTile(m0, n0, 0u, K);
    storeTile(m0, n0);
    if (storesColumnSums() && m0 == 0u)
        for (uint v = 0u; v < TN / 4u; ++v)
            for (uint e = 0u; e < 4u; ++e)
                if (n0 + columnOf(v) + e < N) STORE(S, n0 + columnOf(v) + e, columnSums[v][e]);
}
