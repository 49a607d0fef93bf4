#version 450
// Conv3DInputGradient: dx[n,d,h,w,c] = sum of dy[n,f,p,q,o] * w[k,i,j,c,o] over all o and all k,i,j,f,p,q with f*SD-front+k*DD = d, p*SH-top+i*DH = h and q*SW-left+j*DW = w.
// Shapes  dy (N,F,P,Q,O), w (KD,KH,KW,CG,O), dx (N,D,H,W,C), all f32, but dy and w may both be bf16 or f16. Group g of channels reads outputs g*OG...
// Needs   shapes that Conv3DGeometry accepts, counts < 2^31.
// Grid    1-D, one invocation per 4 neighbouring pixels of a row of dx and 4 channels of a group. It gathers, so nothing is added
//         by two invocations. What lies beyond an edge is computed from the edge and dropped, so no load is conditional.
// Tune    GROUP, the workgroup's size.
#define DEPTH
#include "conv2d.glsl"
#define BUFFERS IN(uint, DY, 0) IN(uint, W, 1) OUT(float, DX, 2)
#define PUSH CONV2D_EXTENTS \
    uint count, blocks, blocksOfGroup, tilesW;  /* invocations; blocks of 4 channels in all and in a group; tiles of 4 pixels in a row */ \
    DIVISOR(SH) DIVISOR(SW)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const uint OPERANDS = 0;  // of dy and w
#include "operands.glsl"
OPERAND_LOADS(DY)
OPERAND_LOADS(W)

void main()
{
    uint t = LINEAR_INDEX;
    if (t >= count) return;
    uint tile = t / blocks, block = t % blocks;
    uint row = tile / tilesW, w0 = 4 * (tile % tilesW);  // rows of all frames of all clips, counted through
    uint frame = row / H, h = row % H, n = frame / D, d = frame % D;
    uint g = block / blocksOfGroup, c0 = 4 * (block % blocksOfGroup);
    uvec4 c = min(c0 + uvec4(0, 1, 2, 3), CG - 1);

    vec4 sums[4] = vec4[](vec4(0), vec4(0), vec4(0), vec4(0));
    for (uint k = 0; k < KD; ++k) {
        int after = int(d + FRONT) - int(k * DD);
        uint f = uint(max(after, 0)) / SD;
        if (after < 0 || f * SD != uint(after) || f >= F) continue;
        for (uint i = 0; i < KH; ++i) {
            int down = int(h + TOP) - int(i * DH);
            uint p = OVER(uint(max(down, 0)), SH);
            if (down < 0 || p * SH != uint(down) || p >= P) continue;
            for (uint j = 0; j < KW; ++j) {
                ivec4 along = int(w0 + LEFT) - int(j * DW) + ivec4(0, 1, 2, 3);
                uvec4 from = uvec4(max(along, 0));
                uvec4 q = uvec4(OVER(from.x, SW), OVER(from.y, SW), OVER(from.z, SW), OVER(from.w, SW));
                vec4 used = vec4(equal(q * SW, uvec4(along))) * vec4(lessThan(q, uvec4(Q)));  // never equal where along is negative
                if (used == vec4(0)) continue;
                uvec4 dy = (((n * F + f) * P + p) * Q + min(q, Q - 1)) * O + g * OG;
                uvec4 w = (((k * KH + i) * KW + j) * CG + c) * O + g * OG;
                for (uint o = 0; o < OG; ++o) {
                    vec4 pixels = mix(vec4(0), vec4(FACTOR(DY, dy.x + o), FACTOR(DY, dy.y + o), FACTOR(DY, dy.z + o), FACTOR(DY, dy.w + o)), bvec4(used));
                    vec4 weights = vec4(FACTOR(W, w.x + o), FACTOR(W, w.y + o), FACTOR(W, w.z + o), FACTOR(W, w.w + o));
                    sums[0] += pixels.x * weights;
                    sums[1] += pixels.y * weights;
                    sums[2] += pixels.z * weights;
                    sums[3] += pixels.w * weights;
                }
            }
        }
    }

    uint dx = (row * Width + w0) * C + g * CG + c0, pixels = min(4, Width - w0), channels = min(4, CG - c0);
    for (uint i = 0; i < pixels; ++i)
        for (uint j = 0; j < channels; ++j) STORE(DX, dx + i * C + j, sums[i][j]);
}
