#version 450
// SoftmaxGrad, for processors: a subgroup of eight walks a row, straight-line code, uniform addresses (lane-words.glsl).
//   dx_i = y_i (dy_i - sum_j dy_j y_j)
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Shapes  y, dy, dx (rows, 16 * PAIRS) f32, rows = SUBGROUPS * workgroups.
// Needs   at most 32768 workgroups; subgroups of eight; DeviceLimits.HasLaneWords.
// Tune    SUBGROUPS.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, Y, 0) IN(float, Dy, 1) OUT(float, Dx, 2)
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint PAIRS = 64;

void main()
{
    uint row = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint64_t offset = 4ul * (row * 16u * PAIRS), y = ADDRESS(Y) + offset, dy = ADDRESS(Dy) + offset, dx = ADDRESS(Dx) + offset;
    float v[2 * PAIRS], sums[4];
    [[unroll]] for (uint a = 0; a < 4; ++a) sums[a] = 0.0;
    [[unroll]] for (uint i = 0; i < 2 * PAIRS; ++i) {
        v[i] = load8(y + 32ul * i);
        sums[i & 3u] += v[i] * load8(dy + 32ul * i);
    }
    float total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    total = ((FROM(total, 0) + FROM(total, 4)) + (FROM(total, 2) + FROM(total, 6))) + ((FROM(total, 1) + FROM(total, 5)) + (FROM(total, 3) + FROM(total, 7)));
    [[unroll]] for (uint i = 0; i < PAIRS; ++i) {
        uint64_t at = 64ul * i;
        store16(dx + at, v[2 * i] * (load8(dy + at) - total), v[2 * i + 1] * (load8(dy + at + 32ul) - total));
    }
}
