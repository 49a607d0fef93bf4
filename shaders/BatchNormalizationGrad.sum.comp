#version 450
// BatchNormalizationGrad.sum: the second of three dispatches. dgamma[c] and dbeta[c] are the sums of the slices' own.
// Shapes  dgamma, dbeta of slices (slices, C) f32; of all (C) f32.
// Order   fixed.
// Grid    1-D, an invocation for each channel.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint C, slices;
#define BUFFERS IN(float, Dgamma, 0) IN(float, Dbeta, 1) OUT(float, AllDgamma, 2) OUT(float, AllDbeta, 3)
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 64

void main()
{
    uint c = LINEAR_INDEX;
    if (c >= C) return;
    float dgamma = 0.0, dbeta = 0.0;
    for (uint s = 0u; s < slices; ++s) {
        dgamma += LOAD(Dgamma, s * C + c);
        dbeta += LOAD(Dbeta, s * C + c);
    }
    STORE(AllDgamma, c, dgamma);
    STORE(AllDbeta, c, dbeta);
}
