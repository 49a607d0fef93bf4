#version 450
// Conv2D 3x3, stride 1, for CPU drivers, by Winograd's F(2x2,3x3): a row of TILES tiles of 2 x 2 output pixels x 16 output channels a workgroup, 16
// products a tile and channel where Conv2D.lane.comp has 36. Also the input gradient, as there.
//   y(tile) = A' (sum over c of (B' x(tile,c) B) * u(c)) A, bias and activation as in Conv2D.lane.comp; u = G w G' from Conv2D.winograd.pack.comp;
//   B' = 1 0 -1 0, 0 1 1 0, 0 -1 1 0, 0 -1 0 1;  A' = 1 1 1 0, 0 1 -1 1  (the last rows of B' and A' have the other sign than is usual: sums only)
// Shapes  x (N,H,W,CHANNELS); u (panels, 4, 4, CHANNELS, 16) and a block of zeros; y (N,P,Q,OUTPUTS).
// Chain   a subgroup takes CHUNK channels and one row i of the transformed tile: two rows of pixels make it, 4 CHUNK terms of products use it, and it
//         adds what it means for the 2 x 2 pixels to the sums the subgroup before left in shared memory (lane.glsl).
// Padding where SCATTERED every pixel has an address of its own, which for pixels outside x is that of the zeros.
// Grid    x: runs of TILES tiles; y: pairs of output rows; z: images x panels of 16 channels. The last run, pair and panel overlap their neighbours.
// Needs   HasLaneChain; P >= 2, Q >= 2 TILES, OUTPUTS >= 16, CHUNK divides CHANNELS, 8 divides CHUNK; every grid axis <= 32768.
#define INT64
#define BUFFERS IN(float, X, 0) IN(float, Weights, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH uint never; uint H; uint W; uint P; uint Q; int top; int left;
#include "buffers.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint TILES = 6;
layout(constant_id = 2) const uint CHANNELS = 8;
layout(constant_id = 3) const uint OUTPUTS = 16;
layout(constant_id = 4) const uint CHUNK = 8;
layout(constant_id = 5) const bool SCATTERED = false;
layout(constant_id = 6) const bool HAS_BIAS = false;
layout(constant_id = 7) const uint ACTIVATION = 0;
layout(constant_id = 8) const uint SLOPE = 0;
layout(constant_id = 9) const uint DIGITS = 63;
const uint SUBGROUPS = GROUP / 8;
const bool CHAINED = true;
const uint PANELS = (OUTPUTS + 15) / 16;
const uint PIXELS = 2 * TILES + 2;
const uint ROWS = TILES;
#include "lane.glsl"
#include "epilogue.glsl"

shared float v_[4 * TILES * CHUNK]; // a row of the transformed tiles: [j][tile][c]
shared float y_[4 * TILES * 16];    // [row][tile][column][8 lanes x 2]

void pinTransform()
{
    if (never != 0u) v_[never] = acc[0][0];
}

void products(uint j, uint64_t u)
{
    [[unroll]] for (uint c = 0; c < CHUNK; ++c)
    {
        if (c % 8u == 0u) pin();
        float b0 = load8(u + 64ul * (j * CHANNELS + c)), b1 = load8(u + 64ul * (j * CHANNELS + c) + 32ul);
        [[unroll]] for (uint r = 0; r < TILES; ++r) addTerm(r, v_[(j * TILES + r) * CHUNK + c], b0, b1);
    }
}

float loadY(uint o)
{
    return LANES8(y_[o], y_[o + 1], y_[o + 2], y_[o + 3], y_[o + 4], y_[o + 5], y_[o + 6], y_[o + 7]);
}

void storeY(uint o, float v)
{
    [[unroll]] for (uint i = 0; i < 8; ++i) y_[o + i] = FROM(v, i);
}

void main()
{
    uint group = GROUP_X, pair = GROUP_Y, z = GROUP_Z;
    uint image = z / PANELS, panel = z % PANELS, o0 = min(panel * 16u, OUTPUTS - 16u);
    uint s = SUBGROUPS <= 32u ? uniform5(gl_SubgroupID) : uniform10(gl_SubgroupID);
    uint i = s & 3u, c0 = (s >> 2) * CHUNK;
    uint p0 = min(pair * 2u, P - 2u), q0 = min(group * 2u * TILES, Q - 2u * TILES);

    uint64_t u = ADDRESS(Weights) + 4ul * (((panel * 4u + i) * 4u * CHANNELS + c0) * 16u);
    uint64_t zeros = ADDRESS(Weights) + 1024ul * (PANELS * CHANNELS);
    float bias0 = 0.0, bias1 = 0.0;
    if (HAS_BIAS)
    {
        bias0 = load8(ADDRESS(Bias) + 4ul * o0);
        bias1 = load8(ADDRESS(Bias) + 4ul * o0 + 32ul);
    }

    // Row i is pixel row i plus or minus row 2 (i < 2) or 1; only row 1 is a sum.
    uint other = 2u - (i >> 1), minus = i == 1u ? 0u : 0x80000000u;
    int h0 = int(p0) - top, w0 = int(q0) - left;
    uint64_t corner = ADDRESS(X) + uint64_t(4l * ((int64_t(int(image * H) + h0) * int(W) + w0) * int(CHANNELS) + int(c0)));
    uint64_t line0 = corner + 4ul * (i * W * CHANNELS), line1 = corner + 4ul * (other * W * CHANNELS);
    uint64_t inside0 = 0ul - uint64_t(uint(h0 + int(i)) < H), inside1 = 0ul - uint64_t(uint(h0 + int(other)) < H);
    [[unroll]] for (uint k = 0; k < CHUNK / 8; ++k)
    {
        float t[PIXELS];
        [[unroll]] for (uint x = 0; x < PIXELS; ++x)
        {
            uint64_t x0 = line0 + 4ul * (x * CHANNELS), x1 = line1 + 4ul * (x * CHANNELS);
            if (SCATTERED)
            {
                uint64_t inside = 0ul - uint64_t(uint(w0 + int(x)) < W);
                x0 = (x0 & inside & inside0) | (zeros & ~(inside & inside0));
                x1 = (x1 & inside & inside1) | (zeros & ~(inside & inside1));
            }
            t[x] = load8(x0 + 32ul * k) + uintBitsToFloat(floatBitsToUint(load8(x1 + 32ul * k)) ^ minus);
        }
        [[unroll]] for (uint r = 0; r < TILES; ++r)
        {
            float t0 = t[2 * r], t1 = t[2 * r + 1], t2 = t[2 * r + 2], t3 = t[2 * r + 3];
            float v[4] = float[4](t0 - t2, t1 + t2, t2 - t1, t3 - t1);
            [[unroll]] for (uint j = 0; j < 4; ++j)
                [[unroll]] for (uint l = 0; l < 8; ++l) v_[(j * TILES + r) * CHUNK + 8 * k + l] = FROM(v[j], l);
        }
        pinTransform();
    }

    uint keep = s == 0u ? 0u : ~0u;
    float of[2] = float[2](i == 3u ? 0.0 : 1.0, i == 0u ? 0.0 : i == 2u ? -1.0 : 1.0); // columns of A'
    float sum[TILES][2], difference[TILES][2], y[4][TILES][2];
    clearTile();
    products(1, u);
    [[unroll]] for (uint r = 0; r < TILES; ++r)
        [[unroll]] for (uint h = 0; h < 2; ++h) sum[r][h] = acc[r][h];
    clearTile();
    products(2, u);
    [[unroll]] for (uint r = 0; r < TILES; ++r)
        [[unroll]] for (uint h = 0; h < 2; ++h)
        {
            difference[r][h] = sum[r][h] - acc[r][h];
            acc[r][h] = sum[r][h] + acc[r][h];
        }
    [[unroll]] for (uint q = 0; q < 2; ++q)
    {
        if (q == 1u)
            [[unroll]] for (uint r = 0; r < TILES; ++r)
                [[unroll]] for (uint h = 0; h < 2; ++h) acc[r][h] = difference[r][h];
        products(3 * q, u);
        [[unroll]] for (uint p = 0; p < 2; ++p)
            [[unroll]] for (uint r = 0; r < TILES; ++r)
                [[unroll]] for (uint h = 0; h < 2; ++h)
                {
                    uint o = (((p * TILES + r) * 2 + q) * 2 + h) * 8;
                    y[2 * p + q][r][h] = keepIf(loadY(o), keep) + of[p] * acc[r][h];
                    storeY(o, y[2 * p + q][r][h]);
                }
    }
    if (gl_SubgroupID != SUBGROUPS - 1u) return;
    uint64_t to = ADDRESS(Y) + 4ul * (((image * P + p0) * Q + q0) * OUTPUTS + o0);
    [[unroll]] for (uint p = 0; p < 2; ++p)
        [[unroll]] for (uint r = 0; r < TILES; ++r)
            [[unroll]] for (uint q = 0; q < 2; ++q)
                store16(to + 4ul * (p * Q * OUTPUTS + (2 * r + q) * OUTPUTS), epilogue(y[2 * p + q][r][0] + bias0), epilogue(y[2 * p + q][r][1] + bias1));
}
