#version 450
// Conv2DWeightGradient for CPU drivers, where a group makes few outputs of eight channels or more: lanes are channels of one tap, rows of the tile ROWS
// outputs; the terms are output pixels, chained through a workgroup's subgroups, or shared out to them (lane.glsl).
//   part[z][((i TAPS_W + j) CG + c) O + o] = sum over the pixels (n,p,q) of slice z of x[n, p strideH - top + i DH, q STRIDE_W - left + j DW, g CG + c] dy[n,p,q,o]
//   and where WITH_BIAS part[z][size - O + o] = sum of dy[n,p,q,o]: the bias's gradient, a tap more whose pixels are ones.
// Shapes  x (N,H,W,C), dy (N,P,Q,O), its N P rows counted through; part (slices, size). Outputs o of group g = o / OG read its CG channels.
// Terms   a chunk is CHUNK_ROWS rows x CHUNK_Q pixels, all unrolled; CHUNK_ROWS divides the rows. The last chunk of a row starts SKIP_Q pixels early
//         and masks them. RAGGED: the last slice has fewer chunks than subgroups, and the rest of them change nothing.
// Padding where PADDED, a pixel outside x is read from its edge and masked.
// Grid    x: groups x panels of 8 VECTORS channels x tiles of ROWS outputs; y: taps (+ 1 for WITH_BIAS); z: slices. The last panel and tile overlap their neighbours.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; CG >= 8, VECTORS 2 where CG > 8, else 1; OG >= ROWS, every grid axis <= 32768.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, DY, 1) OUT(float, Part, 2)
#define PUSH uint never; uint H; uint W; uint P; uint size; int top; int left; uint strideH; uint DH; uint chunks; uint taps;
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 3;
layout(constant_id = 2) const uint VECTORS = 2;
layout(constant_id = 3) const uint C = 16;
layout(constant_id = 4) const uint CG = 16;
layout(constant_id = 5) const uint O = 3;
layout(constant_id = 6) const uint OG = 3;
layout(constant_id = 7) const uint TAPS_W = 3;
layout(constant_id = 8) const uint Q = 1;
layout(constant_id = 9) const uint CHUNK_ROWS = 1;
layout(constant_id = 10) const uint CHUNK_Q = 1;
layout(constant_id = 11) const uint SKIP_Q = 0;
layout(constant_id = 12) const uint STRIDE_W = 1;
layout(constant_id = 13) const uint DW = 1;
layout(constant_id = 14) const bool PADDED = false;
layout(constant_id = 15) const bool RAGGED = false;
layout(constant_id = 16) const bool WITH_BIAS = false;
layout(constant_id = 17) const bool CHAINED = true;
const uint SUBGROUPS = GROUP / 8;
const uint PARTS = (Q + CHUNK_Q - 1) / CHUNK_Q;          // chunks of a row
const uint PANELS = (CG + 8 * VECTORS - 1) / (8 * VECTORS); // of a group
const uint TILES = (OG + ROWS - 1) / ROWS;               // of a group's outputs
const uint SECOND = VECTORS == 2 ? CG < 16 ? CG - 8 : 8 : 0;   // where the second vector starts
#include "lane.glsl"

void main()
{
    uint x_ = uniform15(gl_WorkGroupID.x), t = uniform15(gl_WorkGroupID.y), z = uniform15(gl_WorkGroupID.z);
    uint group = x_ / (PANELS * TILES), panel = x_ / TILES % PANELS;
    uint o0 = group * OG + min(x_ % TILES * ROWS, OG - ROWS), c0 = PANELS == 1u ? 0u : min(panel * (8u * VECTORS), CG - 8u * VECTORS);
    uint tap = min(t, taps - 1u), i = tap / TAPS_W, j = tap % TAPS_W, isBias = WITH_BIAS ? 0u - uint(t == taps) : 0u;
    uint s = SUBGROUPS == 1u ? 0u : SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    uint wanted = z * SUBGROUPS + s, chunk = RAGGED ? min(wanted, chunks - 1u) : wanted;
    uint part = chunk % PARTS, row0 = chunk / PARTS * CHUNK_ROWS;
    uint q0 = min(part * CHUNK_Q, Q - CHUNK_Q), keep = 0u - uint(part != PARTS - 1u);

    beginTile(s);
    [[unroll]] for (uint r = 0; r < CHUNK_ROWS; ++r)
    {
        uint row = row0 + r, image = row / P, p = row - image * P;
        int h = int(p * strideH + i * DH) - top, w0 = int(q0 * STRIDE_W + j * DW) - left;
        uint rowInside = 0u - uint(uint(h) < H);
        if (PADDED) h = clamp(h, 0, int(H) - 1);
        uint64_t x = ADDRESS(X) + 4ul * (uint64_t(image * H + uint(h)) * (W * C) + group * CG + c0);
        uint64_t dy = ADDRESS(DY) + 4ul * (uint64_t(row * Q + q0) * O + o0);
        if (!PADDED) x += 4ul * (uint(w0) * C);
        [[unroll]] for (uint q = 0; q < CHUNK_Q; ++q)
        {
            if (q % 8u == 0u && r + q > 0u) pin();
            uint keepQ = q < SKIP_Q ? keep : ~0u;
            int w = w0 + int(q * STRIDE_W);
            uint inside = PADDED ? rowInside & (0u - uint(uint(w) < W)) : ~0u;
            uint64_t at = PADDED ? x + 4ul * (uint(clamp(w, 0, int(W) - 1)) * C) : x + 4ul * (q * STRIDE_W * C);
            float a[2];
            [[unroll]] for (uint v = 0; v < VECTORS; ++v)
            {
                uint word = floatBitsToUint(load8(at + 4ul * (SECOND * v)));
                if (PADDED || q < SKIP_Q) word &= inside & keepQ;
                if (WITH_BIAS) word = word & ~isBias | floatBitsToUint(1.0) & keepQ & isBias;
                a[v] = uintBitsToFloat(word);
            }
            [[unroll]] for (uint o = 0; o < ROWS; ++o)
            {
                float d = WORD(dy, q * O + o);
                // What is masked of x is of dy too: 0 times infinity is no 0.
                if (q < SKIP_Q) d = keepIf(d, keepQ);
                [[unroll]] for (uint v = 0; v < VECTORS; ++v) acc[o][v] = d * a[v] + acc[o][v];
            }
        }
    }
    if (RAGGED && SUBGROUPS > 1u)
    {
        // A subgroup past the last chunk hands on what it was given, or adds nothing. It is never the first of its slice.
        bool idle = wanted >= chunks;
        [[unroll]] for (uint r = 0; r < ROWS; ++r)
            [[unroll]] for (uint v = 0; v < VECTORS; ++v) acc[r][v] = mix(acc[r][v], CHAINED ? load8Shared((r * 2u + v) * 8u) : 0.0, idle);
    }
    endTile(s);
    if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return;
    if (WITH_BIAS && gl_WorkGroupID.y == taps)
    {
        // Every lane has the sums, and every panel of the group.
        if (panel == 0u && LANE == 0u)
            [[unroll]] for (uint r = 0; r < ROWS; ++r) float_at(ADDRESS(Part) + 4ul * (uint64_t(z) * size + size - O + o0 + r)).e[0] = acc[r][0];
        return;
    }
    uint64_t sums = ADDRESS(Part) + 4ul * (uint64_t(z) * size + (tap * CG + c0) * O + o0);
    [[unroll]] for (uint v = 0; v < VECTORS; ++v)
        [[unroll]] for (uint r = 0; r < ROWS; ++r) float_at(sums + 4ul * ((SECOND * v + LANE) * O + r)).e[0] = acc[r][v];
}
