#version 450
// Reduce.tree: a workgroup for each result; its lanes take every GROUP-th element of a row, then meet in shared memory.
//   y[o, s] = factor * combine x[o, k], s * sliceExtent <= k < (s + 1) * sliceExtent.
// Shapes  x (outer, extent) f32, y (outer, slices) f32 of count elements.
// Needs   counts < 2^31; GROUP a power of two.
// Order   fixed by GROUP and the extents.
// Grid    one workgroup per result, folded onto y.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#define PUSH uint count, extent, slices, sliceExtent; float factor; DIVISOR(slices)
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#define TERM(at) LOAD(X, at)
#define BASE 0u
#include "reduce-tree.glsl"
