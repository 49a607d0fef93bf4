#version 450
// BatchNormalizationGrad, for processors: the last of its dispatches. dx = gamma s (dy - dbeta/n - z dgamma/n), s = 1/sqrt(variance + epsilon), z = (x - mean) s.
// Shapes  x, dy, dx (rows, C) f32; gamma, mean, variance, dgamma, dbeta (C) f32; n = rows.
// Needs, Grid: channels-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH float epsilon; float share; // 1/n
#define BUFFERS IN(float, X, 0) IN(float, Gamma, 1) IN(float, Mean, 2) IN(float, Variance, 3) IN(float, Dy, 4) \
    IN(float, Dgamma, 5) IN(float, Dbeta, 6) OUT(float, Dx, 7)
#include "buffers.glsl"
const uint VECTORS = 2;
#include "channels-lane.glsl"

void main()
{
    Run r = runOfThis();
    float mean[2], scale[2], shift[2], slope[2];
    [[unroll]] for (uint v = 0; v < 2; ++v) {
        float inverse = 1.0 / sqrt(PER_CHANNEL(Variance, r, v) + epsilon);
        mean[v] = PER_CHANNEL(Mean, r, v);
        scale[v] = PER_CHANNEL(Gamma, r, v) * inverse;
        shift[v] = share * PER_CHANNEL(Dbeta, r, v);
        slope[v] = share * PER_CHANNEL(Dgamma, r, v) * inverse;
    }
    [[unroll]] for (uint i = 0; i < ROWS; ++i) {
        uint64_t at = r.at + 4ul * C * i;
        float dx[2];
        [[unroll]] for (uint v = 0; v < 2; ++v)
            dx[v] = scale[v] * (load8(ADDRESS(Dy) + at + 32ul * v) - shift[v] - (load8(ADDRESS(X) + at + 32ul * v) - mean[v]) * slope[v]);
        store16(ADDRESS(Dx) + at, dx[0], dx[1]);
    }
}
