#version 450
// Conv2D for CPU drivers: a tile of ROWS neighbouring pixels of one output row x 16 output channels a workgroup, the terms chained through its
// subgroups, or shared out to them (lane.glsl). Also the input gradient, or those of its pixels STEP apart that meet the same taps: a convolution of dy with weights flipped and transposed, padded by what is left.
//   y[n,p,q,o] = activation(sum over i, j, c of x[n, p STRIDE_H - top + i DH, q STRIDE_W - left + j DW, c] w[i,j,c,o] + bias[o])
// Shapes  x (N,H,W,CHANNELS); w (KH,TAPS_W,CHANNELS,OUTPUTS), or packed by Conv2D.pack.comp as (panels, K, 16) and a block of zeros; y (N,P,Q,OUTPUTS).
// Terms   a chunk is CHUNK_H x CHUNK_W taps x CHUNK_C channels, all unrolled; CHUNK_H and CHUNK_W divide the window. Where CHUNK_C < CHANNELS the
//         last chunk of a tap starts SKIP channels early and masks them.
// Padding where SCATTERED (padding, or DW above 1) every pixel of the tile has an address of its own for each tap of a chunk, which for pixels outside x is that of the zeros.
// DEPTH   (Conv3D) images are the FRAMES frames of clips of y, rows of taps those of all frames of a window, TAPS_H of each; x has clips of D frames. What
//         lies before or behind a clip is read as padding is.
// Tiles   few terms are one chunk: such a workgroup is one subgroup that computes TILES tiles, one after the other.
// ACROSS  pixels are counted through all images of ACROSS_P x ACROSS_Q, and tiles go across the ends of rows: short rows are no multiple of ROWS. Q is the
//         number of all pixels then. Not with DEPTH.
// PHASES  (ACROSS) y of the grid is a phase of an input gradient at a stride, PHASES_W a row: packed weights, first pixel and padding of each follow from the first's.
// Grid    x: runs of TILES tiles of a row; y: output rows; z: images x panels of 16 channels (ACROSS: tiles; 1; panels). The last tile and panel overlap their neighbours.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; Q >= ROWS, OUTPUTS >= 16, one group, every grid axis <= 32768; SCATTERED needs packed weights.
// Tune    ROWS 6, 5 or 4, whichever wastes least of a row; 48 to 96 terms a chunk: 64 take 100 ms to compile, 96 take 250.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, Weights, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH uint never; uint H; uint W; uint P; uint Q; uint K; int top0; int left0; uint strideH; uint DH; uint DW; uint firstOfY0; uint imageStep; uint rowStep; PUSH_MORE
#ifdef DEPTH
#define PUSH_MORE uint D; uint strideD; uint DD; int front;
#elif defined(PHASES)
#define PUSH_MORE uint packedWords; int phaseTop; int phaseLeft; uint phaseRow; uint phaseColumn;
#else
#define PUSH_MORE
#endif
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 6;
layout(constant_id = 2) const uint CHANNELS = 1;
layout(constant_id = 3) const uint OUTPUTS = 16;
layout(constant_id = 4) const uint TAPS_W = 3;
layout(constant_id = 5) const uint CHUNK_H = 1;
layout(constant_id = 6) const uint CHUNK_W = 1;
layout(constant_id = 7) const uint CHUNK_C = 1;
layout(constant_id = 8) const uint SKIP = 0;
layout(constant_id = 9) const uint STRIDE_W = 1;
layout(constant_id = 10) const bool PACKED = false;
layout(constant_id = 11) const bool SCATTERED = false;
layout(constant_id = 12) const uint TILES = 1;
layout(constant_id = 13) const bool HAS_BIAS = false;
layout(constant_id = 14) const uint ACTIVATION = 0;
layout(constant_id = 15) const uint SLOPE = 0;
layout(constant_id = 16) const uint STEP = 1; // pixels between results that are neighbours here
layout(constant_id = 17) const uint DIGITS = 63;
layout(constant_id = 18) const bool CHAINED = true;
layout(constant_id = 19) const uint FRAMES = 1;
layout(constant_id = 20) const uint TAPS_H = 1;
layout(constant_id = 21) const uint ACROSS_P = 0;
layout(constant_id = 22) const uint ACROSS_Q = 1;
layout(constant_id = 23) const uint PHASES_W = 1;
const bool ACROSS = ACROSS_P > 0;
const uint SUBGROUPS = GROUP / 8;
const uint PANELS = (OUTPUTS + 15) / 16;
const uint PARTS = (CHANNELS + CHUNK_C - 1) / CHUNK_C; // chunks of a tap
const uint CHUNKS_W = TAPS_W / CHUNK_W;
const uint TERMS = CHUNK_H * CHUNK_W * CHUNK_C;
const uint POINTERS = SCATTERED ? CHUNK_W : 1; // addresses of a pixel
const uint Q_TERM = PACKED ? 16 : OUTPUTS;
#include "lane.glsl"
#include "epilogue.glsl"

void main()
{
    uint group = GROUP_X, row = GROUP_Y, z = GROUP_Z;
    uint image = z / PANELS, panel = z % PANELS, o0 = min(panel * 16u, OUTPUTS - 16u);
    uint s = SUBGROUPS == 1u ? 0u : SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    uint part = s % PARTS, tap = s / PARTS; // tap counts chunks of taps
    uint c0 = PARTS == 1u ? 0u : min(part * CHUNK_C, CHANNELS - CHUNK_C), keep = part == PARTS - 1u ? 0u : ~0u;
    uint i0 = tap / CHUNKS_W * CHUNK_H, j0 = tap % CHUNKS_W * CHUNK_W;

    int top = top0, left = left0;
    uint firstOfY = firstOfY0;
    uint64_t ofPhase = ADDRESS(Weights);
#ifdef PHASES
    uint phaseH = row / PHASES_W, phaseW = row % PHASES_W;
    top += int(phaseH) * phaseTop;
    left += int(phaseW) * phaseLeft;
    firstOfY += phaseH * phaseRow + phaseW * phaseColumn;
    ofPhase += 4ul * row * packedWords;
#endif
    uint64_t weights = ofPhase + 4ul * ((PACKED ? panel * K * 16u : o0) + ((i0 * TAPS_W + j0 * CHUNK_H) * CHANNELS + c0) * Q_TERM);
    uint64_t zeros = ofPhase + 64ul * (PANELS * K);
    // Without a bias, Bias is some other buffer, and nothing of it is read.
    float bias0 = 0.0, bias1 = 0.0;
    if (HAS_BIAS)
    {
        bias0 = load8(ADDRESS(Bias) + 4ul * o0);
        bias1 = load8(ADDRESS(Bias) + 4ul * o0 + 32ul);
    }

    [[unroll]] for (uint tile = 0; tile < TILES; ++tile)
    {
        uint q0 = min((group * TILES + tile) * ROWS, Q - ROWS);
        int h0 = int(row * strideH + i0 * DH) - top, w0 = int(q0 * STRIDE_W + j0 * DW) - left;
        uint64_t corner = ADDRESS(X) + uint64_t(4l * ((int64_t(int(image * H) + h0) * int(W) + w0) * int(CHANNELS) + int(c0)));
        uint image_[ROWS], row_[ROWS], q_[ROWS]; // where ACROSS, of each pixel
        if (ACROSS)
            [[unroll]] for (uint r = 0; r < ROWS; ++r)
            {
                // A pixel follows the one before it: cheaper than to divide once more.
                q_[r] = r == 0u ? q0 % ACROSS_Q : q_[r - 1u] + 1u;
                row_[r] = r == 0u ? q0 / ACROSS_Q % ACROSS_P : row_[r - 1u];
                image_[r] = r == 0u ? q0 / (ACROSS_P * ACROSS_Q) : image_[r - 1u];
                if (r == 0u) continue;
                uint rowEnds = uint(q_[r] == ACROSS_Q), imageEnds = rowEnds & uint(row_[r] == ACROSS_P - 1u);
                q_[r] &= rowEnds - 1u;
                row_[r] = row_[r] + rowEnds & imageEnds - 1u;
                image_[r] += imageEnds;
            }
        beginTile(s);
        [[unroll]] for (uint i = 0; i < CHUNK_H; ++i)
        {
#ifdef DEPTH
            int h = int(row * strideH + (i0 + i) % TAPS_H * DH) - top, d = int(image % FRAMES * strideD + (i0 + i) / TAPS_H * DD) - front;
            uint64_t line = ADDRESS(X) + uint64_t(4l * ((int64_t((int(image / FRAMES * D) + d) * int(H) + h) * int(W) + w0) * int(CHANNELS) + int(c0)));
            uint rowInside = uint(uint(h) < H) & uint(uint(d) < D);
#else
            uint64_t line = corner + 4ul * (i * DH * W * CHANNELS);
            uint rowInside = uint(uint(h0 + int(i * DH)) < H);
#endif
            // Without padding or gaps the taps of a row are neighbours: one address a pixel serves them all.
            uint64_t x[POINTERS][ROWS];
            [[unroll]] for (uint j = 0; j < POINTERS; ++j)
                [[unroll]] for (uint r = 0; r < ROWS; ++r)
                {
                    x[j][r] = line + 4ul * ((r * STRIDE_W + j * DW) * CHANNELS);
                    uint isInside = rowInside & uint(uint(w0 + int(r * STRIDE_W + j * DW)) < W); // arithmetic: && would be a branch
                    if (ACROSS)
                    {
                        int h = int(row_[r] * strideH + (i0 + i) * DH) - top, w = int(q_[r] * STRIDE_W + (j0 + j) * DW) - left;
                        x[j][r] = ADDRESS(X) + uint64_t(4l * int64_t(((int(image_[r] * H) + h) * int(W) + w) * int(CHANNELS) + int(c0)));
                        isInside = uint(uint(h) < H) & uint(uint(w) < W);
                    }
                    uint64_t inside = 0ul - uint64_t(isInside);
                    if (SCATTERED) x[j][r] = (x[j][r] & inside) | (zeros & ~inside);
                }
            [[unroll]] for (uint t = 0; t < CHUNK_W * CHUNK_C; ++t)
            {
                uint k = i * CHUNK_W * CHUNK_C + t, j = t / CHUNK_C, c = t % CHUNK_C;
                if (k % 8u == 0u && k > 0u) pin();
                float b0 = load8(weights + 4ul * (k * Q_TERM)), b1 = load8(weights + 4ul * (k * Q_TERM) + 32ul);
                if (c < SKIP)
                {
                    b0 = keepIf(b0, keep);
                    b1 = keepIf(b1, keep);
                }
                [[unroll]] for (uint r = 0; r < ROWS; ++r)
                {
                    float a = WORD(x[SCATTERED ? j : 0u][r], SCATTERED ? c : j * CHANNELS + c);
                    if (c < SKIP) a = keepIf(a, keep);
                    addTerm(r, a, b0, b1);
                }
            }
        }
        endTile(s);
        if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return; // TILES is 1 then
        uint64_t y = ADDRESS(Y) + 4ul * (firstOfY + image * imageStep + row * rowStep + q0 * (STEP * OUTPUTS) + o0);
        [[unroll]] for (uint r = 0; r < ROWS; ++r)
        {
            uint64_t to = y + 4ul * (r * STEP * OUTPUTS);
            if (ACROSS) to = ADDRESS(Y) + 4ul * (firstOfY + image_[r] * imageStep + row_[r] * rowStep + q_[r] * (STEP * OUTPUTS) + o0);
            store16(to, epilogue(acc[r][0] + bias0), epilogue(acc[r][1] + bias1));
        }
    }
}
