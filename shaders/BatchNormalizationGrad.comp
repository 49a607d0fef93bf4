#version 450
// BatchNormalizationGrad: the last of three dispatches. dx = gamma s (dy - dbeta/n - z dgamma/n), s = 1/sqrt(variance + epsilon), z = (x - mean) s.
// Shapes  x, dy, dx (rows, C) f32; gamma, mean, variance, dgamma, dbeta (C) f32. C counts units, count = ceil(rows / ROWS) * C; n = rows.
// Grid    1-D, an invocation for one channel (WIDTH 1) or four (WIDTH 4) of ROWS rows: what belongs to the channel is read and worked out once.
//         Neighbouring lanes hold neighbouring channels.
// Tune    GROUP, ROWS.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, rows, C; float epsilon, share; DIVISOR(C) // share = 1/n
#define BUFFERS IN(float, X, 0) IN(float, Gamma, 1) IN(float, Mean, 2) IN(float, Variance, 3) IN(float, Dy, 4) \
    IN(float, Dgamma, 5) IN(float, Dbeta, 6) OUT(float, Dx, 7)
#include "buffers.glsl"
#include "wide.glsl"
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 1) const uint ROWS = 8;

void main()
{
    uint u = LINEAR_INDEX;
    if (u >= count) return;
    uint s = OVER(u, C), c = u - s * C, stop = min(rows, (s + 1u) * ROWS) * C;
    VALUE mean = GET(Mean, c), inverse = 1.0 / sqrt(GET(Variance, c) + epsilon), scale = GET(Gamma, c) * inverse;
    VALUE shift = share * GET(Dbeta, c), slope = share * GET(Dgamma, c) * inverse;
    for (uint at = s * ROWS * C + c; at < stop; at += C) PUT(Dx, at, scale * (GET(Dy, at) - shift - (GET(X, at) - mean) * slope));
}
