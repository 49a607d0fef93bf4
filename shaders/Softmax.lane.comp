#version 450
// Softmax, for processors: a subgroup of eight keeps a row in registers and on the stack, straight-line code, uniform addresses (lane-words.glsl).
//   y_i = e^(x_i - m) / sum_j e^(x_j - m), m the maximum of the row.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN.
// Shapes  x, y (rows, 16 * PAIRS) f32, rows = SUBGROUPS * workgroups.
// Needs   at most 32768 workgroups; subgroups of eight; DeviceLimits.HasLaneWords.
// Tune    SUBGROUPS.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "lane-words.glsl"
#include "math.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint PAIRS = 64;

float overLanes(float v, bool isMax)
{
    float a[8];
    [[unroll]] for (uint i = 0; i < 8; ++i) a[i] = FROM(v, i);
    [[unroll]] for (uint reach = 4; reach > 0; reach >>= 1)
        [[unroll]] for (uint i = 0; i < reach; ++i) a[i] = isMax ? max(a[i], a[i + reach]) : a[i] + a[i + reach];
    return a[0];
}

void main()
{
    uint row = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint64_t offset = 4ul * (row * 16u * PAIRS), from = ADDRESS(X) + offset, to = ADDRESS(Y) + offset;
    float v[2 * PAIRS], m[4], sums[4];
    [[unroll]] for (uint i = 0; i < 2 * PAIRS; ++i) v[i] = load8(from + 32ul * i);
    // A NaN may be lost here: it comes back with e^(NaN - m).
    [[unroll]] for (uint a = 0; a < 4; ++a) m[a] = v[0];
    [[unroll]] for (uint i = 1; i < 2 * PAIRS; ++i) m[i & 3u] = max(m[i & 3u], v[i]);
    float largest = overLanes(max(max(m[0], m[1]), max(m[2], m[3])), true);
    [[unroll]] for (uint a = 0; a < 4; ++a) sums[a] = 0.0;
    [[unroll]] for (uint i = 0; i < 2 * PAIRS; ++i) {
        v[i] = expF(v[i] - largest);
        sums[i & 3u] += v[i];
    }
    float scale = 1.0 / overLanes((sums[0] + sums[1]) + (sums[2] + sums[3]), false);
    [[unroll]] for (uint i = 0; i < PAIRS; ++i) store16(to + 64ul * i, v[2 * i] * scale, v[2 * i + 1] * scale);
}
