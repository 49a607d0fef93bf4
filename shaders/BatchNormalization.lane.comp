#version 450
// BatchNormalization, for processors: the last of its dispatches. y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel.
// Shapes  x, y (rows, C) f32; gamma, beta, mean, variance (C) f32.
// Needs, Grid: channels-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH float epsilon;
#define BUFFERS IN(float, X, 0) IN(float, Gamma, 1) IN(float, Beta, 2) IN(float, Mean, 3) IN(float, Variance, 4) OUT(float, Y, 5)
#include "buffers.glsl"
const uint VECTORS = 2;
#include "channels-lane.glsl"

void main()
{
    Run r = runOfThis();
    float mean[2], scale[2], beta[2];
    [[unroll]] for (uint v = 0; v < 2; ++v) {
        mean[v] = PER_CHANNEL(Mean, r, v);
        scale[v] = PER_CHANNEL(Gamma, r, v) / sqrt(PER_CHANNEL(Variance, r, v) + epsilon);
        beta[v] = PER_CHANNEL(Beta, r, v);
    }
    [[unroll]] for (uint i = 0; i < ROWS; ++i) {
        uint64_t at = r.at + 4ul * C * i;
        float y[2];
        [[unroll]] for (uint v = 0; v < 2; ++v) y[v] = (load8(ADDRESS(X) + at + 32ul * v) - mean[v]) * scale[v] + beta[v];
        store16(ADDRESS(Y) + at, y[0], y[1]);
    }
}
