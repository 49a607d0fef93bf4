#version 450
// Conv3DWeightGradient: dw[k,i,j,c,o] = sum over n,f,p,q of x[n, f*SD-front+k*DD, p*SH-top+i*DH, q*SW-left+j*DW, c] * dy[n,f,p,q,o], zeros outside x,
// and db[o] = sum over n,f,p,q of dy[n,f,p,q,o]: here the part of these sums that one slice of the N*F*P rows of dy gives.
// Shapes  x (N,D,H,W,C), dy (N,F,P,Q,O), part (slices, KD*KH*KW*CG*O + (BIAS ? O : 0)), all f32, but x and dy may both be bf16 or f16. Conv2DWeightGradient.sum.comp adds the slices.
// Needs   shapes that Conv3DGeometry accepts, counts < 2^31.
// Grid    z slices; within one, 1-D, an invocation per tap, group, 4 channels of x and 4 of dy. Neighbouring lanes hold neighbouring o.
//         Channels beyond a group are computed from its last and dropped.
// Tune    GROUP, the workgroup's size. Slices make work for wide devices, and shorten the sums.
#define DEPTH
#include "conv2d.glsl"
#define BUFFERS IN(uint, X, 0) IN(uint, DY, 1) OUT(float, Part, 2)
#define PUSH CONV2D_EXTENTS \
    uint count, rows, rowsOfSlice, size, groups;  /* invocations of a slice; rows of dy, and of a slice; elements of a slice's part; channel groups */ \
    DIVISOR(P) DIVISOR(F)
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP
layout(constant_id = 1) const bool BIAS = false;
layout(constant_id = 2) const uint OPERANDS = 0;  // of x and dy
#include "operands.glsl"
OPERAND_LOADS(X)
OPERAND_LOADS(DY)

vec4 dyAt(uint pixel, uvec4 o) { return vec4(FACTOR(DY, pixel * O + o.x), FACTOR(DY, pixel * O + o.y), FACTOR(DY, pixel * O + o.z), FACTOR(DY, pixel * O + o.w)); }

void main()
{
    uint t = LINEAR_INDEX;
    if (t >= count) return;
    uint slice = gl_WorkGroupID.z, blocksO = (OG + 3) / 4, blocksC = (CG + 3) / 4;
    uint o0 = 4 * (t % blocksO), c0 = 4 * (t / blocksO % blocksC), g = t / (blocksO * blocksC) % groups, tap = t / (blocksO * blocksC * groups);
    uint j = tap % KW, i = tap / KW % KH, k = tap / (KW * KH);
    uvec4 o = g * OG + min(o0 + uvec4(0, 1, 2, 3), OG - 1), c = g * CG + min(c0 + uvec4(0, 1, 2, 3), CG - 1);
    uint firstRow = slice * rowsOfSlice, endRow = min(rows, firstRow + rowsOfSlice);

    // The q whose column q*SW-LEFT+j*DW is inside x.
    int shift = int(LEFT) - int(j * DW);
    uint first = uint(max(shift + int(SW) - 1, 0)) / SW;
    uint end = min(Q, uint(max(int(Width) - 1 + shift + int(SW), 0)) / SW);
    vec4 sums[4] = vec4[](vec4(0), vec4(0), vec4(0), vec4(0));
    for (uint row = firstRow; row < endRow; ++row) {
        uint frame = OVER(row, P), n = OVER(frame, F);
        uint d = (frame - n * F) * SD + k * DD - FRONT, h = (row - frame * P) * SH + i * DH - TOP;  // before the first: very large
        if (d >= D || h >= H) continue;
        for (uint q = first; q < end; ++q) {
            uint x = (((n * D + d) * H + h) * Width + uint(int(q * SW) - shift)) * C;
            vec4 dy = dyAt(row * Q + q, o);
            sums[0] += FACTOR(X, x + c.x) * dy;
            sums[1] += FACTOR(X, x + c.y) * dy;
            sums[2] += FACTOR(X, x + c.z) * dy;
            sums[3] += FACTOR(X, x + c.w) * dy;
        }
    }

    uint at = slice * size + (tap * CG + c0) * O + o.x, channels = min(4, CG - c0), outputs = min(4, OG - o0);
    for (uint k = 0; k < channels; ++k)
        for (uint l = 0; l < outputs; ++l) STORE(Part, at + k * O + l, sums[k][l]);

    if (BIAS && tap == 0 && c0 == 0) {
        vec4 sum = vec4(0);
        for (uint pixel = firstRow * Q; pixel < endRow * Q; ++pixel) sum += dyAt(pixel, o);
        for (uint l = 0; l < outputs; ++l) STORE(Part, slice * size + size - O + o.x + l, sum[l]);
    }
}
