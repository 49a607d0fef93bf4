#version 450
// Conv3D: y[n,f,p,q,o] = activation(sum over k,i,j,c of x[n, f*SD-front+k*DD, p*SH-top+i*DH, q*SW-left+j*DW, c] * w[k,i,j,c,o] + bias[o]), zeros outside x.
// Shapes  x (N,D,H,W,C), w (KD,KH,KW,CG,O), bias (O), y (N,F,P,Q,O), all f32 (x and w may both be bf16 or f16). Group g reads channels g*CG.. and makes g*OG...
// Needs   shapes that Conv3DGeometry accepts, counts < 2^31. Without a bias any buffer is bound in its place.
// Grid    1-D, one invocation per 4 neighbouring pixels of a row and 4 channels of a group. Neighbouring lanes hold neighbouring
//         channels. What lies beyond an edge is computed from the edge and dropped, so no load is conditional.
// Tune    GROUP, the workgroup's size.
#define DEPTH
#include "conv2d.glsl"
#define BUFFERS IN(uint, X, 0) IN(uint, W, 1) IN(float, Bias, 2) OUT(float, Y, 3)
#define PUSH CONV2D_EXTENTS \
    uint count, blocks, blocksOfGroup, tilesQ;  /* invocations; blocks of 4 channels in all and in a group; tiles of 4 pixels in a row */
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const bool HAS_BIAS = false;
layout(constant_id = 2) const uint ACTIVATION = 0;
layout(constant_id = 3) const uint SLOPE = 0;
layout(constant_id = 4) const uint OPERANDS = 0;  // of x and w
#include "operands.glsl"
OPERAND_LOADS(X)
OPERAND_LOADS(W)
#include "epilogue.glsl"

void main()
{
    uint t = LINEAR_INDEX;
    if (t >= count) return;
    uint tile = t / blocks, block = t % blocks;
    uint row = tile / tilesQ, q0 = 4 * (tile % tilesQ);  // rows of all frames of all clips, counted through
    uint frame = row / P, p = row % P, n = frame / F, f = frame % F;
    uint g = block / blocksOfGroup, o0 = 4 * (block % blocksOfGroup);
    uvec4 o = g * OG + min(o0 + uvec4(0, 1, 2, 3), OG - 1);

    vec4 sums[4] = vec4[](vec4(0), vec4(0), vec4(0), vec4(0));
    for (uint k = 0; k < KD; ++k) {
        uint d = f * SD + k * DD - FRONT;  // before the first frame: very large; rows likewise
        if (d >= D) continue;
        for (uint i = 0; i < KH; ++i) {
            uint h = p * SH + i * DH - TOP;
            if (h >= H || Width == 0u) continue;  // of no columns there is none to clamp to
            for (uint j = 0; j < KW; ++j) {
                ivec4 column = int(q0 * SW + j * DW) - int(LEFT) + ivec4(0, 1, 2, 3) * int(SW);
                bvec4 inside = lessThan(uvec4(column), uvec4(Width));  // a negative column is a large unsigned one
                uvec4 x = (((n * D + d) * H + h) * Width + uvec4(clamp(column, 0, int(Width) - 1))) * C + g * CG;
                uvec4 w = ((k * KH + i) * KW + j) * CG * O + o;
                for (uint c = 0; c < CG; ++c) {
                    vec4 pixels = mix(vec4(0), vec4(FACTOR(X, x.x + c), FACTOR(X, x.y + c), FACTOR(X, x.z + c), FACTOR(X, x.w + c)), inside);
                    vec4 weights = vec4(FACTOR(W, w.x), FACTOR(W, w.y), FACTOR(W, w.z), FACTOR(W, w.w));
                    sums[0] += pixels.x * weights;
                    sums[1] += pixels.y * weights;
                    sums[2] += pixels.z * weights;
                    sums[3] += pixels.w * weights;
                    w += O;
                }
            }
        }
    }

    uint y = (row * Q + q0) * O + o.x, pixels = min(4, Q - q0), channels = min(4, OG - o0);
    for (uint i = 0; i < pixels; ++i)
        for (uint j = 0; j < channels; ++j)
            STORE(Y, y + i * O + j, epilogue(sums[i][j] + (HAS_BIAS ? LOAD(Bias, o.x + j) : 0.0)));
}
