#version 450
// BatchNormalizationGrad.slices: the first of three dispatches. For slice s of the rows: dgamma[s, c] = sum of dy z, dbeta[s, c] = sum of dy,
//   z = (x - mean) / sqrt(variance + epsilon).
// Shapes  x, dy (rows, C) f32; mean, variance (C) f32; dgamma, dbeta (slices, C) f32. C counts units, count = slices * C of them; a slice has
//         sliceRows rows, the last may have fewer.
// Order   fixed.
// Grid    1-D, an invocation for one channel of a slice (WIDTH 1) or four (WIDTH 4).
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, rows, C, sliceRows; float epsilon; DIVISOR(C)
#define BUFFERS IN(float, X, 0) IN(float, Mean, 1) IN(float, Variance, 2) IN(float, Dy, 3) OUT(float, Dgamma, 4) OUT(float, Dbeta, 5)
#include "buffers.glsl"
#include "wide.glsl"
layout(local_size_x_id = 0) in; // 64

void main()
{
    uint u = LINEAR_INDEX;
    if (u >= count) return;
    uint s = OVER(u, C), c = u - s * C, first = s * sliceRows, end = min(rows, first + sliceRows);
    VALUE mean = GET(Mean, c), dgamma = VALUE(0.0), dbeta = VALUE(0.0);
    uint stop = end * C;
    for (uint at = first * C + c; at < stop; at += C) {
        VALUE dy = GET(Dy, at);
        dgamma += dy * (GET(X, at) - mean);
        dbeta += dy;
    }
    PUT(Dgamma, u, dgamma / sqrt(GET(Variance, c) + epsilon));
    PUT(Dbeta, u, dbeta);
}
