#version 450
// Conv2D for CPU drivers, where each channel is convolved alone (groups = channels = outputs): eight lanes are eight channels, straight-line code,
// uniform addresses (lane-words.glsl). Also the input gradient, or those of its pixels STEP apart that meet
// the same taps: a convolution of dy with the window FLIPPED.
//   y[n,p,q,c] = activation(sum over i, j of x[n, p strideH - top + i DH, q STRIDE_W - left + j DW, c] w[i,j,0,c] + bias[c])
// Shapes  x (N,H,W,C), w (TAPS_H,TAPS_W,1,C), y (N,P,Q,C), all f32. Without a bias any buffer is bound in its place.
// Padding where PADDED, a pixel outside x is read from its edge and masked.
// Tiles   PIXELS neighbouring pixels of an output row x 8 * VECTORS channels, all taps unrolled; a subgroup computes TILES of them, one after the other:
//         what finds its place is as much code as a tile of 3x3 taps.
// Grid    x: runs of TILES tiles of a row, GROUP / 8 of them; y: output rows; z: images x panels of channels. The last tiles and panel overlap their neighbours.
// Needs   HasLaneWords; C >= 8 * VECTORS, Q >= PIXELS, VECTORS 1 or 2, every grid axis <= 32768.
// Tune    PIXELS, TILES: few enough that the code of all taps fits the operation cache.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, Weights, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH uint H; uint W; uint P; uint Q; int top; int left; uint strideH; uint DH; uint firstOfY; uint imageStep; uint rowStep; uint lastTap; uint tapRowStep; uint tapStep;
#include "buffers.glsl"
#include "lane-words.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint PIXELS = 4;
layout(constant_id = 2) const uint VECTORS = 2;
layout(constant_id = 3) const uint C = 16;
layout(constant_id = 4) const uint TAPS_H = 3;
layout(constant_id = 5) const uint TAPS_W = 3;
layout(constant_id = 6) const uint STRIDE_W = 1;
layout(constant_id = 7) const uint DW = 1;
layout(constant_id = 8) const bool PADDED = false;
layout(constant_id = 9) const bool FLIPPED = false;
layout(constant_id = 10) const uint TILES = 1;
layout(constant_id = 11) const bool HAS_BIAS = false;
layout(constant_id = 12) const uint ACTIVATION = 0;
layout(constant_id = 13) const uint SLOPE = 0;
layout(constant_id = 14) const uint STEP = 1; // pixels between results that are neighbours here
const uint SUBGROUPS = GROUP / 8;
const uint PANELS = (C + 8 * VECTORS - 1) / (8 * VECTORS);
const uint COLUMNS = (PIXELS - 1) * STRIDE_W + (TAPS_W - 1) * DW + 1; // columns of x from a tile's first to its last
#include "epilogue.glsl"

// A tile: its first pixel in a row of y, the image and row of it, its first channel.
void computeTile(uint q0, uint image, uint row, uint c0)
{
    int h0 = int(row * strideH) - top, w0 = int(q0 * STRIDE_W) - left;

    float sums[PIXELS][VECTORS];
    [[unroll]] for (uint v = 0; v < VECTORS; ++v)
    {
        float bias = 0.0;
        if (HAS_BIAS) bias = load8(ADDRESS(Bias) + 4ul * c0 + 32ul * v);
        [[unroll]] for (uint r = 0; r < PIXELS; ++r) sums[r][v] = bias;
    }

    // Where each column lies in a row of x, in bytes, and whether it is one.
    int column[COLUMNS];
    uint inside[COLUMNS];
    [[unroll]] for (uint k = 0; k < COLUMNS; ++k)
    {
        int w = w0 + int(k);
        inside[k] = 0u - uint(uint(w) < W);
        column[k] = PADDED ? clamp(w, 0, int(W) - 1) : w;
    }

    [[unroll]] for (uint i = 0; i < TAPS_H; ++i)
    {
        int h = h0 + int(i * DH);
        uint rowInside = 0u - uint(uint(h) < H);
        if (PADDED) h = clamp(h, 0, int(H) - 1);
        uint64_t line = ADDRESS(X) + 4ul * (uint64_t(image * H + uint(h)) * (W * C) + c0);
        [[unroll]] for (uint v = 0; v < VECTORS; ++v)
        {
            // What both neighbours read is loaded once.
            float x[COLUMNS];
            [[unroll]] for (uint k = 0; k < COLUMNS; ++k)
            {
                x[k] = load8(PADDED ? line + 4ul * (uint(column[k]) * C) + 32ul * v : line + 4ul * (uint(w0) * C) + (4ul * C * k + 32ul * v));
                if (PADDED) x[k] = uintBitsToFloat(floatBitsToUint(x[k]) & inside[k] & rowInside);
            }
            [[unroll]] for (uint j = 0; j < TAPS_W; ++j)
            {
                uint tap = FLIPPED ? lastTap - i * tapRowStep - j * tapStep : i * TAPS_W + j;
                float w = load8(ADDRESS(Weights) + 4ul * (tap * C + c0) + 32ul * v);
                [[unroll]] for (uint r = 0; r < PIXELS; ++r) sums[r][v] = x[r * STRIDE_W + j * DW] * w + sums[r][v];
            }
        }
    }

    uint64_t y = ADDRESS(Y) + 4ul * (firstOfY + image * imageStep + row * rowStep + q0 * (STEP * C) + c0);
    [[unroll]] for (uint r = 0; r < PIXELS; ++r)
    {
        if (VECTORS == 2u) store16(y + 4ul * (r * STEP * C), epilogue(sums[r][0]), epilogue(sums[r][VECTORS - 1u]));
        else float_at(y + 4ul * (r * STEP * C + LANE)).e[0] = epilogue(sums[r][0]);
    }
}

void main()
{
    uint run = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID), row = uniform15(gl_WorkGroupID.y), z = uniform15(gl_WorkGroupID.z);
    uint image = z / PANELS, c0 = min(z % PANELS * (8u * VECTORS), C - 8u * VECTORS);
    [[unroll]] for (uint tile = 0; tile < TILES; ++tile) computeTile(min((run * TILES + tile) * PIXELS, Q - PIXELS), image, row, c0);
}
