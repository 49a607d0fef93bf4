#version 450
// Transpose, for CPU drivers: as Transpose.comp, tiles of it by straight-line code. y[.., k_i, ..] = x[.., k_i at axis permutation[i], ..].
// The rest is in strided-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATHER
#include "strided-lane.glsl"
