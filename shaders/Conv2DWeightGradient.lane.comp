#version 450
// Conv2DWeightGradient for CPU drivers: a tile of ROWS weights of one output channel each x 16 output channels a workgroup; the terms are output pixels,
// chained through its subgroups, or shared out to them (lane.glsl).
//   part[z][m,o] = sum over the pixels (n,p,q) of slice z of x[n, p STRIDE_H - top + i DH, q STRIDE_W - left + j DW, c] dy[n,p,q,o],  m = (i TAPS_W + j) CHANNELS + c
// Shapes  x (N,H,W,CHANNELS); dy (N,P,Q,OUTPUTS), its N P rows counted through; part (slices, size), from element `first` on.
//         ONES: instead of x there are ones, so that part[z][o] is the sum of dy: the bias's gradient.
//         WITH_ONES: the last of the M weights reads ones instead of x, for the same sum; not where PADDED.
//         JOINED: the weights of a tile read neighbouring words of x, but for those behind the end of a row of taps: DW = 1, TAPS_W CHANNELS >= ROWS, and
//         where PADDED no tile goes past such an end.
// Terms   a chunk is CHUNK_ROWS rows x CHUNK_Q pixels, all unrolled: whole rows, or a part of one. The last chunk along an axis starts SKIP_ROWS rows or
//         SKIP_Q pixels early and masks them. RAGGED: the last slice has fewer chunks than subgroups, and the rest of them change nothing.
// Padding where PADDED, x rows outside are masked, and so are the first EDGE_LEFT and last EDGE_RIGHT pixels of a chunk where they are outside.
// DEPTH   (Conv3D) images are the FRAMES frames of clips of dy, rows of taps those of all frames of a window, TAPS_H of each; x has clips of D frames.
// Grid    x: panels of 16 channels; y: tiles of weights; z: slices. The last panel and tile overlap their neighbours.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; M = KH TAPS_W CHANNELS (+ 1 for WITH_ONES) >= ROWS, OUTPUTS >= 16, one group, every grid axis <= 32768.
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
const uint SUBGROUPS = GROUP / 8;
const uint PARTS = (Q + CHUNK_Q - 1) / CHUNK_Q; // chunks of a row
const uint RUN = TAPS_W * CHANNELS;             // weights of a row of taps
#include "lane.glsl"

void main()
{
    uint o0 = min(GROUP_X * 16u, OUTPUTS - 16u), m0 = min(GROUP_Y * ROWS, M - ROWS), z = GROUP_Z;
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
        uint tap = (m0 + r) / CHANNELS;
        channel[r] = (m0 + r) % CHANNELS;
#ifdef DEPTH
        tapH[r] = int(tap / TAPS_W % TAPS_H * DH) - int(top);
        tapD[r] = int(tap / (TAPS_W * TAPS_H) * DD) - int(front);
#else
        tapH[r] = int(tap / TAPS_W * DH) - int(top);
#endif
        tapW[r] = int(tap % TAPS_W * DW) - int(left);
    }
    uint64_t firstWord = ADDRESS(X), lastWord = ADDRESS(X) + 4ul * words - 4ul;

    beginTile(s);
    [[unroll]] for (uint i = 0; i < CHUNK_ROWS; ++i)
    {
        uint row = row0 + i, image = row / P, p = row % P;
        uint64_t dy = ADDRESS(DY) + 4ul * ((row * Q + q0) * OUTPUTS + o0);
        uint64_t x[ROWS];
        uint inside[ROWS];
        if (!ONES)
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
            }
        }
        [[unroll]] for (uint q = 0; q < CHUNK_Q; ++q)
        {
            uint k = i * CHUNK_Q + q;
            if (k % 8u == 0u && k > 0u) pin();
            bool masked = i < SKIP_ROWS || q < SKIP_Q, edge = PADDED && (q < EDGE_LEFT || q + EDGE_RIGHT >= CHUNK_Q);
            uint keep = (i < SKIP_ROWS ? keepRow : ~0u) & (q < SKIP_Q ? keepQ : ~0u);
            float b0 = load8(dy + 4ul * (q * OUTPUTS)), b1 = load8(dy + 4ul * (q * OUTPUTS) + 32ul);
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
                addTerm(r, a, b0, b1);
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
    [[unroll]] for (uint r = 0; r < ROWS; ++r) store16(sums + 4ul * (r * OUTPUTS), acc[r][0], acc[r][1]);
}
