#version 450
// BatchNormalization: the last of three dispatches. y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel.
// Shapes  x, y (rows, C) f32; gamma, beta, mean, variance (C) f32. C counts units, count = ceil(rows / ROWS) * C.
// Grid    1-D, an invocation for one channel (WIDTH 1) or four (WIDTH 4) of ROWS rows: what belongs to the channel is read and worked out once.
//         Neighbouring lanes hold neighbouring channels.
// Tune    GROUP, ROWS.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, rows, C; float epsilon; DIVISOR(C)
#define BUFFERS IN(float, X, 0) IN(float, Gamma, 1) IN(float, Beta, 2) IN(float, Mean, 3) IN(float, Variance, 4) OUT(float, Y, 5)
#include "buffers.glsl"
#include "wide.glsl"
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 1) const uint ROWS = 8;

void main()
{
    uint u = LINEAR_INDEX;
    if (u >= count) return;
    uint s = OVER(u, C), c = u - s * C, stop = min(rows, (s + 1u) * ROWS) * C;
    VALUE mean = GET(Mean, c), scale = GET(Gamma, c) / sqrt(GET(Variance, c) + epsilon), beta = GET(Beta, c);
    for (uint at = s * ROWS * C + c; at < stop; at += C) PUT(Y, at, (GET(X, at) - mean) * scale + beta);
}
