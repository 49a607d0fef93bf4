#version 450
// BatchNormalization: the last of three dispatches. y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel.
// Shapes  x, y (rows, C) f32; gamma, beta, mean, variance (C) f32. C counts units, count = rows * C of them.
// Grid    1-D, each.glsl, a unit is one channel (WIDTH 1) or four (WIDTH 4).
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, C; float epsilon; DIVISOR(C)
#define BUFFERS IN(float, X, 0) IN(float, Gamma, 1) IN(float, Beta, 2) IN(float, Mean, 3) IN(float, Variance, 4) OUT(float, Y, 5)
#include "buffers.glsl"
#include "wide.glsl"
#include "each.glsl"

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint c = u - OVER(u, C) * C;
        VALUE scale = GET(Gamma, c) / sqrt(GET(Variance, c) + epsilon);
        PUT(Y, u, (GET(X, u) - GET(Mean, c)) * scale + GET(Beta, c));
    }
}
