#version 450
// MatMul for CPU drivers: y = activation(a b + bias), a tile of ROWS x 16 a workgroup, the terms chained through its subgroups, or shared out to them (lane.glsl).
// One factor is read by the word ("scalars" p: one row of the tile a word), the other by the vector ("vectors" q: 16 columns of the tile):
//   t[i,j] = sum over k of p(i,k) q(k,j),   y = t, or its transpose where SWAP: the host picks the roles so that q is contiguous along j.
// Shapes  p(i,k) lies at i * K + k (P_TERM = 1) or i + k * P_TERM, or, where P_PACKED, in panels (tile, K, ROWS); q(k,j) at j + k * Q_TERM, or, where Q_PACKED, in panels
//         (tile, K, 16). MatMul.pack.comp or, of 16 columns side by side, MatMul.pack.lane.comp makes the panels; the host packs what would be read at large strides.
// Terms   K = CHUNKS * TERMS - SKIP over all slices, CHUNKS = slices * subgroups: the last chunk starts SKIP terms early and masks them.
// Grid    x: tiles along i, y: tiles along j, z: matrices of a batch, or slices of K whose partial results MatMul.sum.comp adds up.
//         The last tile along an axis overlaps its neighbour and stores the same values again: no edge costs anything.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; rows >= ROWS, columns >= 16, every grid axis <= 32768.
// Tune    ROWS 6 or 5; TERMS 48 to 80 (the unrolled code must stay in the operation cache); PIN 8.
#define INT64
#define BUFFERS IN(float, Scalars, 0) IN(float, Vectors, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH uint never; uint rows; uint columns; uint K; uint pSlice; uint qSlice; uint ySlice; uint lastSlice;
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 6;
layout(constant_id = 2) const uint TERMS = 64;
layout(constant_id = 3) const uint SKIP = 0;
layout(constant_id = 4) const uint P_TERM = 1;
layout(constant_id = 5) const uint Q_TERM = 16;
layout(constant_id = 6) const bool P_PACKED = false;
layout(constant_id = 7) const bool Q_PACKED = false;
layout(constant_id = 8) const bool SWAP = false;
layout(constant_id = 9) const uint SLICED = 0;      // 0: z is always 0; 1: z is a matrix of a batch; 2: z is a slice of K
layout(constant_id = 10) const bool HAS_BIAS = false;
layout(constant_id = 11) const uint ACTIVATION = 0;
layout(constant_id = 12) const uint SLOPE = 0;
layout(constant_id = 13) const uint DIGITS = 63;
layout(constant_id = 14) const bool CHAINED = true;
const uint SUBGROUPS = GROUP / 8;
#include "lane.glsl"
#include "epilogue.glsl"

void main()
{
    uint tile = GROUP_X, i0 = min(tile * ROWS, rows - ROWS);
    uint panel = GROUP_Y, j0 = min(panel * 16u, columns - 16u);
    uint z = SLICED == 0u ? 0u : GROUP_Z;
    uint s = SUBGROUPS == 1u ? 0u : SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    // Chunks from here to the last of all, and from it the terms to mask: arithmetic alone, as && would be a branch.
    uint left = SUBGROUPS - 1u - s + (SLICED == 2u ? lastSlice - z : 0u);
    uint keep = left == 0u ? 0u : ~0u;
    int term = int(s * TERMS) - int(SKIP & ~keep);

    uint64_t p[ROWS];
    p[0] = ADDRESS(Scalars) + 4ul * (uint64_t(z) * pSlice + (P_PACKED ? uint64_t(tile) * (K * ROWS) : P_TERM == 1u ? uint64_t(i0) * K : uint64_t(i0))) + uint64_t(int64_t(term) * int64_t(4u * P_TERM));
    [[unroll]] for (uint i = 1; i < ROWS; ++i) p[i] = P_TERM == 1u ? p[i - 1u] + 4ul * K : p[0] + 4ul * i;
    uint64_t q = ADDRESS(Vectors) + 4ul * (uint64_t(z) * qSlice + (Q_PACKED ? uint64_t(panel) * (K * 16u) : uint64_t(j0))) + uint64_t(int64_t(term) * int64_t(4u * Q_TERM));

    beginTile(s);
    [[unroll]] for (uint k = 0; k < TERMS; ++k)
    {
        if (k % 8u == 0u && k > 0u) pin();
        float b0 = load8(q + 4ul * (k * Q_TERM)), b1 = load8(q + 4ul * (k * Q_TERM) + 32ul);
        if (k < SKIP)
        {
            b0 = keepIf(b0, keep);
            b1 = keepIf(b1, keep);
        }
        [[unroll]] for (uint i = 0; i < ROWS; ++i)
        {
            float a = WORD(p[i], k * P_TERM);
            if (k < SKIP) a = keepIf(a, keep);
            addTerm(i, a, b0, b1);
        }
    }
    endTile(s);

    // Only words that a bias has are read: without one, Bias is some other buffer of at least 16 words.
    float bias0 = 0.0, bias1 = 0.0, biasOf[ROWS];
    if (HAS_BIAS && !SWAP)
    {
        bias0 = load8(ADDRESS(Bias) + 4ul * j0);
        bias1 = load8(ADDRESS(Bias) + 4ul * j0 + 32ul);
    }
    [[unroll]] for (uint i = 0; i < ROWS; ++i) biasOf[i] = HAS_BIAS && SWAP ? WORD(ADDRESS(Bias) + 4ul * i0, i) : 0.0;
    if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return;
    [[unroll]] for (uint i = 0; i < ROWS; ++i)
    {
        acc[i][0] = epilogue(acc[i][0] + (SWAP ? biasOf[i] : bias0));
        acc[i][1] = epilogue(acc[i][1] + (SWAP ? biasOf[i] : bias1));
    }
    uint64_t y = ADDRESS(Y) + 4ul * (uint64_t(z) * ySlice);
    if (!SWAP)
    {
        y += 4ul * (uint64_t(i0) * columns + j0);
        [[unroll]] for (uint i = 0; i < ROWS; ++i) store16(y + 4ul * i * columns, acc[i][0], acc[i][1]);
        return;
    }
    [[unroll]] for (uint j = 0; j < 2; ++j)
    {
        uint64_t column = y + 4ul * (uint64_t(j0 + 8u * j + LANE) * rows + i0);
        [[unroll]] for (uint i = 0; i + 1u < ROWS; i += 2u)
            Pair_at(column + 4ul * i).e[0] = packUint2x32(uvec2(floatBitsToUint(acc[i][j]), floatBitsToUint(acc[i + 1u][j])));
        if (ROWS % 2u == 1u) float_at(column + 4ul * (ROWS - 1u)).e[0] = acc[ROWS - 1u][j];
    }
}
