#version 450
// Conv2DWeightGradient for CPU drivers, where each channel is convolved alone: one row of the window's taps x 16 channels a workgroup; the terms are
// output pixels, chained through its subgroups, or shared out to them (lane.glsl).
//   part[z][(i TAPS_W + j) C + c] = sum over the pixels (n,p,q) of slice z of x[n, p strideH - top + i DH, q STRIDE_W - left + j DW, c] dy[n,p,q,c]
//   and where WITH_BIAS part[z][size - C + c] = sum of dy[n,p,q,c]: the bias's gradient.
// Shapes  x (N,H,W,C), dy (N,P,Q,C), its N P rows counted through; part (slices, size).
// Terms   a chunk is CHUNK_ROWS rows x CHUNK_Q pixels, all unrolled; CHUNK_ROWS divides the rows. The last chunk of a row starts SKIP_Q pixels early
//         and masks them. RAGGED: the last slice has fewer chunks than subgroups, and the rest of them change nothing.
// Padding where PADDED, a pixel outside x is read from its edge and masked.
// Grid    x: panels of 16 channels, the last overlaps its neighbour; y: rows of taps; z: slices.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; C >= 16, ROWS = TAPS_W (+ 1 for WITH_BIAS), every grid axis <= 32768.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, DY, 1) OUT(float, Part, 2)
#define PUSH uint never; uint H; uint W; uint P; uint size; int top; int left; uint strideH; uint DH; uint chunks;
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 3;
layout(constant_id = 2) const uint TAPS_W = 3;
layout(constant_id = 3) const uint C = 16;
layout(constant_id = 4) const uint Q = 1;
layout(constant_id = 5) const uint CHUNK_ROWS = 1;
layout(constant_id = 6) const uint CHUNK_Q = 1;
layout(constant_id = 7) const uint SKIP_Q = 0;
layout(constant_id = 8) const uint STRIDE_W = 1;
layout(constant_id = 9) const uint DW = 1;
layout(constant_id = 10) const bool PADDED = false;
layout(constant_id = 11) const bool RAGGED = false;
layout(constant_id = 12) const bool WITH_BIAS = false;
layout(constant_id = 13) const bool CHAINED = true;
const uint SUBGROUPS = GROUP / 8;
const uint PARTS = (Q + CHUNK_Q - 1) / CHUNK_Q; // chunks of a row
#include "lane.glsl"

void main()
{
    uint c0 = min(uniform15(gl_WorkGroupID.x) * 16u, C - 16u), i = uniform15(gl_WorkGroupID.y), z = uniform15(gl_WorkGroupID.z);
    uint s = SUBGROUPS == 1u ? 0u : SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    uint wanted = z * SUBGROUPS + s, chunk = RAGGED ? min(wanted, chunks - 1u) : wanted;
    uint part = chunk % PARTS, row0 = chunk / PARTS * CHUNK_ROWS;
    uint q0 = min(part * CHUNK_Q, Q - CHUNK_Q), keep = 0u - uint(part != PARTS - 1u);

    beginTile(s);
    [[unroll]] for (uint r = 0; r < CHUNK_ROWS; ++r)
    {
        uint row = row0 + r, image = row / P, p = row - image * P;
        int h = int(p * strideH + i * DH) - top, w0 = int(q0 * STRIDE_W) - left;
        uint rowInside = 0u - uint(uint(h) < H);
        if (PADDED) h = clamp(h, 0, int(H) - 1);
        uint64_t x = ADDRESS(X) + 4ul * (uint64_t(image * H + uint(h)) * (W * C) + c0);
        uint64_t dy = ADDRESS(DY) + 4ul * (uint64_t(row * Q + q0) * C + c0);
        if (!PADDED) x += 4ul * (uint(w0) * C);
        [[unroll]] for (uint q = 0; q < CHUNK_Q; ++q)
        {
            if (q % 8u == 0u && r + q > 0u) pin();
            uint keepQ = q < SKIP_Q ? keep : ~0u;
            float d[2];
            [[unroll]] for (uint v = 0; v < 2u; ++v)
            {
                d[v] = load8(dy + 4ul * (q * C) + 32ul * v);
                if (q < SKIP_Q) d[v] = keepIf(d[v], keepQ);
                if (WITH_BIAS) acc[ROWS - 1u][v] += d[v];
            }
            [[unroll]] for (uint j = 0; j < TAPS_W; ++j)
            {
                uint column = q * STRIDE_W + j * DW;
                int w = w0 + int(column);
                uint inside = PADDED ? rowInside & (0u - uint(uint(w) < W)) : ~0u;
                uint64_t at = PADDED ? x + 4ul * (uint(clamp(w, 0, int(W) - 1)) * C) : x + 4ul * (column * C);
                [[unroll]] for (uint v = 0; v < 2u; ++v)
                {
                    float a = load8(at + 32ul * v);
                    // What is masked of dy is of x too: 0 times infinity is no 0.
                    if (PADDED || q < SKIP_Q) a = keepIf(a, inside & keepQ);
                    acc[j][v] = a * d[v] + acc[j][v];
                }
            }
        }
    }
    if (RAGGED && SUBGROUPS > 1u)
    {
        // A subgroup past the last chunk hands on what it was given, or adds nothing. It is never the first of its slice.
        bool idle = wanted >= chunks;
        [[unroll]] for (uint r = 0; r < ROWS; ++r)
            [[unroll]] for (uint v = 0; v < 2u; ++v) acc[r][v] = mix(acc[r][v], CHAINED ? load8Shared((r * 2u + v) * 8u) : 0.0, idle);
    }
    endTile(s);
    if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return;
    uint64_t sums = ADDRESS(Part) + 4ul * (uint64_t(z) * size + c0);
    [[unroll]] for (uint j = 0; j < TAPS_W; ++j) store16(sums + 4ul * ((i * TAPS_W + j) * C), acc[j][0], acc[j][1]);
    if (WITH_BIAS && gl_WorkGroupID.y == 0u) store16(sums + 4ul * (size - C), acc[ROWS - 1u][0], acc[ROWS - 1u][1]);
}
