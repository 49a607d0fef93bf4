#version 450
// Transpose: axes in another order. y[.., k_i, ..] = x[.., k_i at axis permutation[i], ..].
// Shapes  x and y of equal rank, 32-bit types, row-major.
// The rest is in strided.glsl. Writes coalesce, reads do not where the innermost axis moves: caches make up for much of it.
#extension GL_GOOGLE_include_directive : require
#define GATHER
#include "strided.glsl"
