#version 450
// BatchNormalizationGrad.slices, for processors: of slice s, ROWS rows, dgamma[s, c] = sum of dy z, dbeta[s, c] = sum of dy, z = (x - mean) / sqrt(variance + epsilon).
// Shapes  x, dy (rows, C) f32; mean, variance (C) f32; dgamma, dbeta (slices, C) f32. Rows beyond the last whole slice are not read.
// Order   fixed: four sums, then pairs.
// Needs, Grid: channels-lane.glsl; a workgroup along y is a slice.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH float epsilon;
#define BUFFERS IN(float, X, 0) IN(float, Mean, 1) IN(float, Variance, 2) IN(float, Dy, 3) OUT(float, Dgamma, 4) OUT(float, Dbeta, 5)
#include "buffers.glsl"
const uint VECTORS = 1;
#include "channels-lane.glsl"

void main()
{
    Run r = runOfThis();
    float mean = PER_CHANNEL(Mean, r, 0), root = sqrt(PER_CHANNEL(Variance, r, 0) + epsilon), dgamma[4], dbeta[4];
    [[unroll]] for (uint a = 0; a < 4; ++a) dgamma[a] = dbeta[a] = 0.0;
    [[unroll]] for (uint i = 0; i < ROWS; ++i) {
        uint64_t at = r.at + 4ul * C * i;
        float dy = load8(ADDRESS(Dy) + at);
        dgamma[i & 3u] += dy * (load8(ADDRESS(X) + at) - mean);
        dbeta[i & 3u] += dy;
    }
    uint64_t to = 4ul * (r.index * C + r.c + LANE);
    float_at(ADDRESS(Dgamma) + to).e[0] = ((dgamma[0] + dgamma[1]) + (dgamma[2] + dgamma[3])) / root;
    float_at(ADDRESS(Dbeta) + to).e[0] = (dbeta[0] + dbeta[1]) + (dbeta[2] + dbeta[3]);
}
