#version 450
// BatchNormalizationGrad: the last of three dispatches. dx = gamma s (dy - dbeta/n - z dgamma/n), s = 1/sqrt(variance + epsilon), z = (x - mean) s.
// Shapes  x, dy, dx (rows, C) f32; gamma, mean, variance, dgamma, dbeta (C) f32. C counts units, count = rows * C of them; n = rows.
// Grid    1-D, each.glsl, a unit is one channel (WIDTH 1) or four (WIDTH 4).
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, C; float epsilon, share; DIVISOR(C) // share = 1/n
#define BUFFERS IN(float, X, 0) IN(float, Gamma, 1) IN(float, Mean, 2) IN(float, Variance, 3) IN(float, Dy, 4) \
    IN(float, Dgamma, 5) IN(float, Dbeta, 6) OUT(float, Dx, 7)
#include "buffers.glsl"
#include "wide.glsl"
#include "each.glsl"

void main()
{
    FOR_EACH_UNIT(u, count) {
        uint c = u - OVER(u, C) * C;
        VALUE s = 1.0 / sqrt(GET(Variance, c) + epsilon), z = (GET(X, u) - GET(Mean, c)) * s;
        PUT(Dx, u, GET(Gamma, c) * s * (GET(Dy, u) - share * GET(Dbeta, c) - z * (share * GET(Dgamma, c))));
    }
}
