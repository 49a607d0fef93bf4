#version 450
// Conv2DWeightGradient for CPU drivers: a tile of ROWS weights of one output channel each x 8 VECTORS output channels a workgroup; the terms are output pixels,
// chained through its subgroups, or shared out to them (lane.glsl).
//   part[z][m,o] = sum over the pixels (n,p,q) of slice z of x[n, p STRIDE_H - top + i DH, q STRIDE_W - left + j DW, g CG + c] dy[n,p,q,o],  m = (i TAPS_W + j) CG + c
// Shapes  x (N,H,W,CHANNELS); dy (N,P,Q,OUTPUTS), its N P rows counted through; part (slices, size), from element `first` on.
// Groups  outputs o of group g = o / OG read its CG channels. Of 9 to 15 outputs of a group the second vector overlaps the first; of fewer than 8 the last
//         fills the other lanes, which are not stored.
//         ONES: instead of x there are ones, so that part[z][o] is the sum of dy: the bias's gradient.
//         WITH_ONES: the last of the M weights reads ones instead of x, for the same sum; not where PADDED.
//         JOINED: the weights of a tile read neighbouring words of x, but for those behind the end of a row of taps: DW = 1, TAPS_W CHANNELS >= ROWS, and
//         where PADDED no tile goes past such an end; in groups no tile goes past the end of a tap.
// Terms   a chunk is CHUNK_ROWS rows x CHUNK_Q pixels, all unrolled: whole rows, or a part of one. The last chunk along an axis starts SKIP_ROWS rows or
//         SKIP_Q pixels early and masks them. RAGGED: the last slice has fewer chunks than subgroups, and the rest of them change nothing.
// Padding where PADDED, x rows outside are masked, and so are the first EDGE_LEFT and last EDGE_RIGHT pixels of a chunk where they are outside.
// DEPTH   (Conv3D) images are the FRAMES frames of clips of dy, rows of taps those of all frames of a window, TAPS_H of each; x has clips of D frames.
// Grid    x: groups x panels of 8 VECTORS outputs; y: tiles of weights; z: slices. The last panel and tile overlap their neighbours.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; M = KH TAPS_W CG (+ 1 for WITH_ONES) >= ROWS, VECTORS 2 where OG > 8, else 1, every grid axis <= 32768.
// Tune    ROWS 6, 5 or 4; 40 to 88 terms a chunk; slices small enough for their part of x and dy to stay in the second cache.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, DY, 1) OUT(float, Part, 2) IN(float, Ones, 3)
#define PUSH uint never; uint H; uint W; uint M; uint rows; uint size; uint first; uint top; uint left; uint strideH; uint DH; uint DW; uint lastRow; uint chunks; uint words; PUSH_DEPTH
#ifdef DEPTH
#define PUSH_DEPTH uint D; uint strideD; uint DD; uint front;
#else
#define PUSH_DEPTH
#endif
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 6;
layout(constant_id = 2) const uint CHANNELS = 1;
layout(constant_id = 3) const uint OUTPUTS = 16;
layout(constant_id = 4) const uint TAPS_W = 3;
layout(constant_id = 5) const uint P = 1;
layout(constant_id = 6) const uint Q = 1;
layout(constant_id = 7) const uint CHUNK_ROWS = 1;
layout(constant_id = 8) const uint CHUNK_Q = 1;
layout(constant_id = 9) const uint SKIP_ROWS = 0;
layout(constant_id = 10) const uint SKIP_Q = 0;
layout(constant_id = 11) const uint STRIDE_W = 1;
layout(constant_id = 12) const bool PADDED = false;
layout(constant_id = 13) const uint EDGE_LEFT = 0;
layout(constant_id = 14) const uint EDGE_RIGHT = 0;
layout(constant_id = 15) const bool RAGGED = false;
layout(constant_id = 16) const bool ONES = false;
layout(constant_id = 17) const bool WITH_ONES = false;
layout(constant_id = 18) const uint DIGITS = 63;
layout(constant_id = 19) const bool JOINED = false;
layout(constant_id = 20) const bool CHAINED = true;
layout(constant_id = 21) const uint FRAMES = 1;
layout(constant_id = 22) const uint TAPS_H = 1;
layout(constant_id = 23) const uint CG = 1;
layout(constant_id = 24) const uint OG = 16;
layout(constant_id = 25) const uint VECTORS = 2;
const uint SUBGROUPS = GROUP / 8;
const uint PANELS = (OG + 8 * VECTORS - 1) / (8 * VECTORS); // of a group
const uint SECOND = VECTORS == 2 ? OG < 16 ? OG - 8 : 8 : 0;      // where the second vector starts
const uint PARTS = (Q + CHUNK_Q - 1) / CHUNK_Q; // chunks of a row
const uint RUN = TAPS_W * CG;                   // weights of a row of taps
#ifdef DEPTH
const bool FOLLOWS = false; // whether the addresses of a chunk's rows follow from those of its first
#else
const bool FOLLOWS = !PADDED;
#endif
#include "lane.glsl"

// Eight outputs; where a group has fewer, its last several times.
float loadOutputs(uint64_t address)
{
    if (OG >= 8u) return load8(address);
    float_at p = float_at(address);
    return LANES8(p.e[0], p.e[min(1u, OG - 1u)], p.e[min(2u, OG - 1u)], p.e[min(3u, OG - 1u)], p.e[min(4u, OG - 1u)], p.e[min(5u, OG - 1u)], p.e[min(6u, OG - 1u)], p.e[OG - 1u]);
}

void main()
{
    uint panel = GROUP_X, group = OG == OUTPUTS ? 0u : panel / PANELS;
    uint o0 = group * OG + (PANELS == 1u ? 0u : min(panel % PANELS * (8u * VECTORS), OG - 8u * VECTORS));
    uint m0 = min(GROUP_Y * ROWS, M - ROWS), z = GROUP_Z;
    uint s = SUBGROUPS == 1u ? 0u : SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    uint wanted = z * SUBGROUPS + s, chunk = RAGGED ? min(wanted, chunks - 1u) : wanted;
    uint part = PARTS == 1u ? 0u : chunk % PARTS, block = PARTS == 1u ? chunk : chunk / PARTS;
    uint q0 = PARTS == 1u ? 0u : min(part * CHUNK_Q, Q - CHUNK_Q), keepQ = part == PARTS - 1u ? 0u : ~0u;
    uint row0 = min(block * CHUNK_ROWS, rows - CHUNK_ROWS), keepRow = row0 == lastRow ? 0u : ~0u;

    // Of each weight of the tile: its tap, and where its channel lies.
    int tapH[ROWS], tapW[ROWS];
#ifdef DEPTH
    int tapD[ROWS];
#endif
    uint channel[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; ++r)
    {
        uint tap = (m0 + r) / CG;
        channel[r] = group * CG + (m0 + r) % CG;
#ifdef DEPTH
        tapH[r] = int(tap / TAPS_W % TAPS_H * DH) - int(top);
        tapD[r] = int(tap / (TAPS_W * TAPS_H) * DD) - int(front);
#else
        tapH[r] = int(tap / TAPS_W * DH) - int(top);
#endif
        tapW[r] = int(tap % TAPS_W * DW) - int(left);
    }
    uint64_t firstWord = ADDRESS(X), lastWord = ADDRESS(X) + 4ul * words - 4ul;

    // Rows follow the first of the chunk: what an address of it grows by from row to row, and besides from image to image.
    uint64_t rowStep = 4ul * strideH * W * CHANNELS, imageStep = uint64_t(4l * (int64_t(H) - int64_t(P) * int(strideH)) * int(W) * int(CHANNELS));
    uint64_t x[ROWS], start[ROWS];
    uint inside[ROWS];

    beginTile(s);
    [[unroll]] for (uint i = 0; i < CHUNK_ROWS; ++i)
    {
        uint row = row0 + i, image = row / P, p = row % P;
        uint64_t dy = ADDRESS(DY) + 4ul * ((row0 * Q + q0) * OUTPUTS + o0) + 4ul * (i * Q * OUTPUTS);
        if (!ONES && FOLLOWS && i > 0u)
        {
            uint passed = CHUNK_ROWS % P == 0u ? i / P : P % CHUNK_ROWS == 0u ? 0u : (row0 % P + i) / P;
            uint64_t way = i * rowStep + passed * imageStep;
            [[unroll]] for (uint r = 0; r < ROWS; ++r)
                // The ones are the same in every row.
                x[r] = start[r] + (WITH_ONES && r == ROWS - 1u ? way & uint64_t(-int64_t(int(m0 + ROWS != M))) : way);
        }
        else if (!ONES)
        {
            [[unroll]] for (uint r = 0; r < ROWS; ++r)
            {
                int h = int(p * strideH) + tapH[r], w = int(q0 * STRIDE_W) + tapW[r];
                inside[r] = uint(h) < H ? ~0u : 0u;
                if (PADDED) h = clamp(h, 0, int(H) - 1);
                int line = int(image * H);
#ifdef DEPTH
                int d = int(image % FRAMES * strideD) + tapD[r];
                inside[r] &= uint(d) < D ? ~0u : 0u;
                if (PADDED) d = clamp(d, 0, int(D) - 1);
                line = (int(image / FRAMES * D) + d) * int(H);
#endif
                x[r] = ADDRESS(X) + uint64_t(4l * ((int64_t(line + h) * int(W) + w) * int(CHANNELS) + int(channel[r])));
                // What follows from the first is cheaper: a constant, and behind the end of a row of taps the way to the next.
                if (JOINED && r > 0u) x[r] = x[0] + 4ul * r;
                if (JOINED && RUN % ROWS != 0u) x[r] += uint64_t(-int64_t(int(m0 % RUN + r >= RUN))) & (4ul * ((DH * W - TAPS_W) * CHANNELS));
                // Arithmetic: ?: between addresses would make a gather of each load of this row.
                if (WITH_ONES && r == ROWS - 1u) x[r] += (ADDRESS(Ones) - x[r]) & uint64_t(-int64_t(int(m0 + ROWS == M)));
                start[r] = x[r];
            }
        }
        [[unroll]] for (uint q = 0; q < CHUNK_Q; ++q)
        {
            uint k = i * CHUNK_Q + q;
            if (k % 8u == 0u && k > 0u) pin();
            bool masked = i < SKIP_ROWS || q < SKIP_Q, edge = PADDED && (q < EDGE_LEFT || q + EDGE_RIGHT >= CHUNK_Q);
            uint keep = (i < SKIP_ROWS ? keepRow : ~0u) & (q < SKIP_Q ? keepQ : ~0u);
            float b0 = loadOutputs(dy + 4ul * (q * OUTPUTS)), b1 = 0.0;
            if (VECTORS == 2u) b1 = load8(dy + 4ul * (q * OUTPUTS + SECOND));
            if (masked)
            {
                b0 = keepIf(b0, keep);
                b1 = keepIf(b1, keep);
            }
            if (ONES)
            {
                acc[0][0] += b0;
                acc[0][1] += b1;
                continue;
            }
            [[unroll]] for (uint r = 0; r < ROWS; ++r)
            {
                float a;
                if (edge)
                {
                    // The masked word may lie before or behind x itself.
                    a = WORD(clamp(x[r] + 4ul * (q * STRIDE_W * CHANNELS), firstWord, lastWord), 0);
                    a = keepIf(a, inside[r] & (uint(int((q0 + q) * STRIDE_W) + tapW[r]) < W ? ~0u : 0u) & keep);
                }
                else
                {
                    a = WORD(x[r], q * STRIDE_W * CHANNELS);
                    if (PADDED || masked) a = keepIf(a, (PADDED ? inside[r] : ~0u) & keep);
                }
                if (VECTORS == 2u) addTerm(r, a, b0, b1);
                else acc[r][0] = a * b0 + acc[r][0];
            }
        }
    }
    if (RAGGED && SUBGROUPS > 1u)
    {
        // A subgroup past the last chunk hands on what it was given, or adds nothing. It is never the first of its slice.
        bool idle = wanted >= chunks;
        [[unroll]] for (uint r = 0; r < ROWS; ++r)
            [[unroll]] for (uint j = 0; j < 2; ++j) acc[r][j] = mix(acc[r][j], CHAINED ? load8Shared((r * 2 + j) * 8) : 0.0, idle);
    }
    endTile(s);
    if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return;
    uint64_t sums = ADDRESS(Part) + 4ul * (uint64_t(z) * size + first + m0 * OUTPUTS + o0);
    [[unroll]] for (uint r = 0; r < ROWS; ++r)
    {
        if (OG >= 16u) store16(sums + 4ul * (r * OUTPUTS), acc[r][0], acc[r][1]);
        else
        {
            if (OG >= 8u || LANE < OG) float_at(sums + 4ul * (r * OUTPUTS + LANE)).e[0] = acc[r][0];
            if (VECTORS == 2u) float_at(sums + 4ul * (r * OUTPUTS + SECOND + LANE)).e[0] = acc[r][1];
        }
    }
}
