#version 450
// MatMul: y[b,m,n] = activation(sum over k of a[b,m,k] * b[b,k,n] + bias[n]), and 0 where there is a gate[b,m,n] of 0 or less; also s[n] = sum over k of b[k,n] where asked for.
// Shapes  a (...,M,K), b (...,K,N), bias (N), y and gate (...,M,N), s (N), all f32, but a and b may both be bf16 or f16. Either factor may be stored transposed: its strides say so.
// Needs   a and b addressed by the strides below, counts < 2^31. Without a bias any buffer is bound in its place; likewise for s and the gate.
// Grid    1-D, one invocation per 4x4 tile of y, tiles of a row of tiles being neighbours: their loads of b are, too.
//         Rows and columns beyond the edge are computed from the last one and dropped, so no load is conditional.
// Tune    GROUP, the workgroup's size.
#include "divide.glsl"
#define BUFFERS IN(uint, A, 0) IN(uint, B, 1) IN(float, Bias, 2) OUT(float, Y, 3) OUT(float, S, 4) IN(float, Gate, 5)
#define PUSH uint count, M, N, K, aRow, aTerm, bTerm, bColumn, tilesN, tilesM; \
    /* the matrix of batch (outer, inner) starts at first + outer * outerStep + inner * innerStep */ \
    uint inner, aFirst, aOuter, aInner, bFirst, bOuter, bInner, yFirst; \
    DIVISOR(tilesN) DIVISOR(tilesM) DIVISOR(inner)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const bool HAS_BIAS = false;
layout(constant_id = 2) const uint ACTIVATION = 0;
layout(constant_id = 3) const uint SLOPE = 0;
layout(constant_id = 4) const bool COLUMN_SUMS = false;
layout(constant_id = 5) const uint OPERANDS = 0;  // of a and b
layout(constant_id = 6) const bool GATED = false;
#include "operands.glsl"
OPERAND_LOADS(A)
OPERAND_LOADS(B)
#include "epilogue.glsl"

void main()
{
    uint t = LINEAR_INDEX;
    if (t >= count) return;
    uint row = OVER(t, tilesN), column = t - row * tilesN, batch = OVER(row, tilesM);
    uint m0 = 4 * (row - batch * tilesM), n0 = 4 * column, outer = OVER(batch, inner);
    uvec4 m = min(m0 + uvec4(0, 1, 2, 3), M - 1), n = min(n0 + uvec4(0, 1, 2, 3), N - 1);
    uvec4 a = aFirst + outer * aOuter + (batch - outer * inner) * aInner + m * aRow;
    uvec4 b = bFirst + outer * bOuter + (batch - outer * inner) * bInner + n * bColumn;

    vec4 sums[4] = vec4[](vec4(0), vec4(0), vec4(0), vec4(0)), columnSum = vec4(0);
    for (uint k = 0; k < K; ++k) {
        vec4 right = vec4(FACTOR(B, b.x), FACTOR(B, b.y), FACTOR(B, b.z), FACTOR(B, b.w));
        sums[0] += FACTOR(A, a.x) * right;
        sums[1] += FACTOR(A, a.y) * right;
        sums[2] += FACTOR(A, a.z) * right;
        sums[3] += FACTOR(A, a.w) * right;
        if (COLUMN_SUMS) columnSum += right;
        a += aTerm;
        b += bTerm;
    }

    uint y = yFirst + (batch * M + m0) * N + n0, rows = min(4, M - m0), columns = min(4, N - n0);
    for (uint i = 0; i < rows; ++i)
        for (uint j = 0; j < columns; ++j) {
            float v = epilogue(sums[i][j] + (HAS_BIAS ? LOAD(Bias, n0 + j) : 0.0));
            if (GATED) v = LOAD(Gate, y + i * N + j) > 0.0 ? v : 0.0;
            STORE(Y, y + i * N + j, v);
        }
    if (COLUMN_SUMS && m0 == 0)
        for (uint j = 0; j < columns; ++j) STORE(S, n0 + j, columnSum[j]);
}
