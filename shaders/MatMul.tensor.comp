#version 450
// MatMul by matrices of a workgroup: y[b,m,n] = activation(sum over k of a[b,m,k] * b[b,k,n] + bias[n]).
// Shapes  a (...,M,K), b (...,K,N), both f16 or both bf16; bias (N), y (...,M,N) f32. Either factor may be stored transposed: its strides say so.
// Needs   K > 0. A_ALONG_K: aTerm = 1, else aRow = 1; B_ALONG_K: bTerm = 1, else bColumn = 1. Each matrix of a and b starts at a multiple of 8
//         elements, of y of 4. A_WIDE, B_WIDE: strides but 1 are multiples of 8, Y_WIDE: N of 4, which lets a driver load and store whole vectors.
// Grid    x tiles of columns, y tiles of rows, z batches; a workgroup of LANES holds its tile of sums as one matrix.
// Tune    BM, BN (the tile), BK (terms of a step).
#include "divide.glsl"
#define BUFFERS IN(uint, A, 0) IN(uint, B, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH uint M, N, K, aRow, aTerm, bTerm, bColumn; \
    /* the matrix of batch (outer, inner) starts at first + outer * outerStep + inner * innerStep */ \
    uint inner, aFirst, aOuter, aInner, bFirst, bOuter, bInner, yFirst; DIVISOR(inner)
#include "buffers.glsl"
// GL_NV_cooperative_matrix2 asks for SPIR-V 1.6, where a size that is a constant to be set needs a feature of Vulkan 1.3.
layout(local_size_x = LANES) in;
layout(constant_id = 1) const uint BM = 64; layout(constant_id = 2) const uint BN = 64;
layout(constant_id = 6) const bool A_ALONG_K = true;  layout(constant_id = 7) const bool B_ALONG_K = false;
layout(constant_id = 8) const bool A_WIDE = false;    layout(constant_id = 9) const bool B_WIDE = false;
layout(constant_id = 10) const bool Y_WIDE = false;
layout(constant_id = 11) const bool HAS_BIAS = false;
layout(constant_id = 12) const uint ACTIVATION = 0;
layout(constant_id = 13) const uint SLOPE = 0;
layout(constant_id = 22) const uint BK = 32;
#include "epilogue.glsl"
#include "tensor.glsl"

float finish(const in uint row, const in uint column, const in float v, const in uint n0)
{
    return epilogue(v + (HAS_BIAS && n0 + column < N ? LOAD(Bias, n0 + column) : 0.0));
}

// The steps over first <= k < end, by a and b as they lie: along k, or across it.
#define STEPS(tensorA, tensorB, first, end) \
    for (uint k = first; k < end; k += BK) { \
        MATRIX_A(BM, BK) a; \
        MATRIX_B(BK, BN) b; \
        if (A_ALONG_K) { LOAD_TENSOR(a, A, aStart, PART(tensorA, m0, BM, k, BK)); } \
        else { LOAD_TRANSPOSED(a, A, aStart, PART(tensorA, k, BK, m0, BM)); } \
        if (B_ALONG_K) { LOAD_TRANSPOSED(b, B, bStart, PART(tensorB, n0, BN, k, BK)); } \
        else { LOAD_TENSOR(b, B, bStart, PART(tensorB, k, BK, n0, BN)); } \
        MULTIPLY_ADD(a, b, sums); \
    }

void main()
{
    uint batch = gl_WorkGroupID.z, outer = OVER(batch, inner), within = batch - outer * inner;
    uint aStart = aFirst + outer * aOuter + within * aInner, bStart = bFirst + outer * bOuter + within * bInner, yStart = yFirst + batch * M * N;
    uint m0 = gl_WorkGroupID.y * BM, n0 = gl_WorkGroupID.x * BN;
    uint rowsA = A_ALONG_K ? M : K, columnsA = A_ALONG_K ? K : M, pitchA = A_ALONG_K ? aRow : aTerm;
    uint rowsB = B_ALONG_K ? N : K, columnsB = B_ALONG_K ? K : N, pitchB = B_ALONG_K ? bColumn : bTerm;
    // A tensor's last element tells whether its slice holds all of it.
    if (!HOLDS(A, (aStart + (rowsA - 1u) * pitchA + columnsA - 1u) >> 1) || !HOLDS(B, (bStart + (rowsB - 1u) * pitchB + columnsB - 1u) >> 1)
        || !HOLDS(Y, yStart + M * N - 1u)) return;
    if (A_WIDE) pitchA &= ~7u;
    if (B_WIDE) pitchB &= ~7u;
    uint pitchY = Y_WIDE ? N & ~3u : N;

    MATRIX_C(BM, BN) sums;
    SET_ZERO(sums, BM, BN);
    uint whole = m0 + BM <= M && n0 + BN <= N ? K / BK * BK : 0u;  // terms of steps that need no look at a border
    STEPS(INTERIOR(rowsA, columnsA, pitchA), INTERIOR(rowsB, columnsB, pitchB), 0u, whole)
    STEPS(TENSOR(rowsA, columnsA, pitchA), TENSOR(rowsB, columnsB, pitchB), whole, K)
    if (HAS_BIAS || ACTIVATION != 0u) EACH_ELEMENT(sums, finish, n0);
    STORE_TENSOR(sums, Y, yStart, PART(TENSOR(M, N, pitchY), m0, BM, n0, BN));
}
