#version 450
// Reduce: an invocation for each result walks its elements. y[o, s, c] = factor * combine x[o, k, c], s * sliceExtent <= k < (s + 1) * sliceExtent.
// Shapes  x (outer, extent, inner) f32, y (outer, slices, inner) f32; count = outer * slices * columns.
// Needs   as include/reduce-walk.glsl, which is all of it.
// Order   fixed: see there.
// Grid    1-D, one invocation per result, or for four.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, extent, slices, sliceExtent, columns; float factor; DIVISOR(columns) DIVISOR(slices)
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#define TERM(at) LOAD(X, at)
#define TERM4(at) LOAD4(X, at)
#define BASE 0u
#include "reduce-walk.glsl"
