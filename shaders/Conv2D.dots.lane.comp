#version 450
// Conv2D for CPU drivers, where a group makes few outputs of eight channels or more: eight lanes are eight channels, a sum is a vector of partial
// sums, and its lanes meet at the end. Also the input gradient, or those of its pixels STEP apart that meet
// the same taps: a convolution of dy with weights flipped and transposed.
//   y[n,p,q,o] = activation(sum over i, j, c of x[n, p strideH - top + i DH, q STRIDE_W - left + j DW, c] w[i,j,c,o] + bias[o])
// Shapes  x (N,H,W,CHANNELS), y (N,P,Q,OUTPUTS); group g reads CG channels from g CG on and makes OG outputs. Weights packed by Conv2D.dots.pack.comp
//         as (panels, taps, vectors of 8 channels, OUTS, 8) and a block of zeros.
// Terms   a term is a vector of channels of a tap; a chunk is CHUNK_H x CHUNK_W taps x CHUNK_V vectors, all unrolled and each a divisor of what there is;
//         chunks are chained through the subgroups of a workgroup, or shared out to them (lane.glsl). Where CG is no multiple of 8 a tap's last vector starts SKIP channels
//         early, and masks them.
// Padding where SCATTERED every pixel of the tile has an address of its own for each tap of a chunk, which for pixels outside x is that of the zeros.
// Tiles   PIXELS neighbouring pixels of an output row x OUTS outputs; a workgroup without a chain computes TILES of them, one after the other.
// Grid    x: runs of TILES tiles of a row; y: output rows; z: images x groups x panels of OUTS outputs. The last tile and panel overlap their neighbours.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; CG >= 8, Q >= PIXELS, OG >= OUTS, PIXELS * OUTS <= 12, ROWS = half of that, rounded up; every grid axis <= 32768.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, Weights, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH uint never; uint H; uint W; uint P; uint Q; int top; int left; uint strideH; uint DH; uint DW; uint zerosAt; uint firstOfY; uint imageStep; uint rowStep;
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 6;
layout(constant_id = 2) const uint PIXELS = 4;
layout(constant_id = 3) const uint OUTS = 3;
layout(constant_id = 4) const uint CHANNELS = 32;
layout(constant_id = 5) const uint CG = 32;
layout(constant_id = 6) const uint OUTPUTS = 3;
layout(constant_id = 7) const uint OG = 3;
layout(constant_id = 8) const uint TAPS_H = 3;
layout(constant_id = 9) const uint TAPS_W = 3;
layout(constant_id = 10) const uint CHUNK_H = 1;
layout(constant_id = 11) const uint CHUNK_W = 1;
layout(constant_id = 12) const uint CHUNK_V = 1;
layout(constant_id = 13) const uint STRIDE_W = 1;
layout(constant_id = 14) const bool SCATTERED = false;
layout(constant_id = 15) const uint TILES = 1;
layout(constant_id = 16) const bool HAS_BIAS = false;
layout(constant_id = 17) const uint ACTIVATION = 0;
layout(constant_id = 18) const uint SLOPE = 0;
layout(constant_id = 19) const uint STEP = 1; // pixels between results that are neighbours here
layout(constant_id = 20) const bool CHAINED = true;
const uint SUBGROUPS = GROUP / 8;
const uint VECTORS = (CG + 7) / 8;
const uint SKIP = VECTORS * 8 - CG;
const uint PARTS = VECTORS / CHUNK_V; // chunks of a tap
const uint CHUNKS_W = TAPS_W / CHUNK_W;
const uint PANELS = (OG + OUTS - 1) / OUTS; // of a group
const uint GROUPS = OUTPUTS / OG;
const uint POINTERS = SCATTERED ? CHUNK_W : 1; // addresses of a pixel
#include "lane.glsl"
#include "epilogue.glsl"

// Sums of neighbouring lanes: of a in lanes 0 to 3, of b in 4 to 7.
float pairs(float a, float b)
{
    return LANES8(FROM(a, 0), FROM(a, 2), FROM(a, 4), FROM(a, 6), FROM(b, 0), FROM(b, 2), FROM(b, 4), FROM(b, 6))
        + LANES8(FROM(a, 1), FROM(a, 3), FROM(a, 5), FROM(a, 7), FROM(b, 1), FROM(b, 3), FROM(b, 5), FROM(b, 7));
}

// The sum over lanes of accumulator a; 0 beyond the last.
float sum_(uint a) { return a < 2u * ROWS ? acc[min(a / 2u, ROWS - 1u)][a % 2u] : 0.0; }

// Lane l: the sum over the lanes of accumulator 8 block + l.
float total(uint block)
{
    uint a = 8u * block;
    return pairs(pairs(pairs(sum_(a), sum_(a + 1u)), pairs(sum_(a + 2u), sum_(a + 3u))), pairs(pairs(sum_(a + 4u), sum_(a + 5u)), pairs(sum_(a + 6u), sum_(a + 7u))));
}

void main()
{
    uint run = uniform15(gl_WorkGroupID.x), row = uniform15(gl_WorkGroupID.y), z = uniform15(gl_WorkGroupID.z);
    uint image = z / (GROUPS * PANELS), panel = z % (GROUPS * PANELS), group = panel / PANELS;
    uint o0 = group * OG + min(panel % PANELS * OUTS, OG - OUTS);
    uint s = SUBGROUPS == 1u ? 0u : SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    uint part = s % PARTS, tap = s / PARTS; // tap counts chunks of taps
    uint i0 = tap / CHUNKS_W * CHUNK_H, j0 = tap % CHUNKS_W * CHUNK_W, v0 = part * CHUNK_V;
    // The last vector of a tap: how far back it starts, and which of its lanes count.
    uint isLast = uint(part == PARTS - 1u), back = isLast * SKIP, keep = 0u - uint(LANE >= back);

    uint64_t weights = ADDRESS(Weights) + 32ul * (((panel * TAPS_H * TAPS_W + i0 * TAPS_W + j0) * VECTORS + v0) * OUTS);
    uint64_t zeros = ADDRESS(Weights) + 4ul * zerosAt;

    [[unroll]] for (uint tile = 0; tile < TILES; ++tile)
    {
        uint q0 = min((run * TILES + tile) * PIXELS, Q - PIXELS);
        int h0 = int(row * strideH + i0 * DH) - top, w0 = int(q0 * STRIDE_W + j0 * DW) - left;
        uint64_t corner = ADDRESS(X) + uint64_t(4l * ((int64_t(int(image * H) + h0) * int(W) + w0) * int(CHANNELS) + int(group * CG + 8u * v0)));
        beginTile(s);
        [[unroll]] for (uint i = 0; i < CHUNK_H; ++i)
        {
            uint64_t line = corner + 4ul * (i * DH * W * CHANNELS);
            uint rowInside = uint(uint(h0 + int(i * DH)) < H);
            // Without padding or gaps the taps of a row are neighbours: one address a pixel serves them all.
            uint64_t x[POINTERS][PIXELS];
            [[unroll]] for (uint j = 0; j < POINTERS; ++j)
                [[unroll]] for (uint r = 0; r < PIXELS; ++r)
                {
                    x[j][r] = line + 4ul * ((r * STRIDE_W + j * DW) * CHANNELS);
                    uint64_t inside = 0ul - uint64_t(rowInside & uint(uint(w0 + int(r * STRIDE_W + j * DW)) < W)); // arithmetic: && would be a branch
                    if (SCATTERED) x[j][r] = (x[j][r] & inside) | (zeros & ~inside);
                }
            [[unroll]] for (uint j = 0; j < CHUNK_W; ++j)
                [[unroll]] for (uint v = 0; v < CHUNK_V; ++v)
                {
                    uint k = (i * CHUNK_W + j) * CHUNK_V + v;
                    if (k % 4u == 0u && k > 0u) pin();
                    float w[OUTS];
                    [[unroll]] for (uint o = 0; o < OUTS; ++o) w[o] = load8(weights + 32ul * (((i * TAPS_W + j) * VECTORS + v) * OUTS + o));
                    bool isMasked = SKIP > 0u && v == CHUNK_V - 1u;
                    uint64_t at = 4ul * ((SCATTERED ? 0u : j * CHANNELS) + 8u * v) - (isMasked ? 4ul * back : 0ul);
                    [[unroll]] for (uint r = 0; r < PIXELS; ++r)
                    {
                        float a = load8(x[SCATTERED ? j : 0u][r] + at);
                        if (isMasked) a = keepIf(a, keep);
                        [[unroll]] for (uint o = 0; o < OUTS; ++o)
                        {
                            uint t = r * OUTS + o;
                            acc[t / 2u][t % 2u] = a * w[o] + acc[t / 2u][t % 2u];
                        }
                    }
                }
        }
        endTile(s);
        if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return; // TILES is 1 then
        uint64_t y = ADDRESS(Y) + 4ul * (firstOfY + image * imageStep + row * rowStep + q0 * (STEP * OUTPUTS) + o0);
        [[unroll]] for (uint block = 0; block < (PIXELS * OUTS + 7u) / 8u; ++block)
        {
            float v = total(block), bias = 0.0;
            // Without a bias, Bias is some other buffer, and nothing of it is read.
            if (HAS_BIAS)
            {
                float_at b = float_at(ADDRESS(Bias) + 4ul * o0);
                uint t = 8u * block;
                bias = LANES8(b.e[t % OUTS], b.e[(t + 1u) % OUTS], b.e[(t + 2u) % OUTS], b.e[(t + 3u) % OUTS],
                    b.e[(t + 4u) % OUTS], b.e[(t + 5u) % OUTS], b.e[(t + 6u) % OUTS], b.e[(t + 7u) % OUTS]);
            }
            v = epilogue(v + bias);
            uint t = 8u * block + LANE;
            if (t < PIXELS * OUTS) float_at(y + 4ul * (t / OUTS * (STEP * OUTPUTS) + t % OUTS)).e[0] = v;
        }
    }
}
