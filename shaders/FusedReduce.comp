#version 450
// FusedReduce: a reduction of what a chain of elementwise ops gives; an invocation for each result walks its elements, none of which reaches memory.
//   y[o, s, c] = factor * combine x[o, k, c], x = chain(x_0[at_0(i)], x_1[at_1(i)], ...), s * sliceExtent <= k < (s + 1) * sliceExtent.
// Shapes  x (outer, extent, inner), each input broadcasts to it; y (outer, slices, inner) f32; count = outer * slices * columns. 32-bit types.
// Needs   as include/reduce-walk.glsl.
// Order   fixed: see there.
// Grid    1-D, one invocation per result, or for four.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#include "chain-buffers.glsl"   // made for the chain: BUFFERS and CHAIN_WORDS
#define PUSH uint base, count, extent, slices, sliceExtent, columns; float factor; DIVISOR(columns) DIVISOR(slices) CHAIN_WORDS
#include "buffers.glsl"
#include "math.glsl"
#include "chain.glsl"           // made for the chain: float term(uint i), or vec4 term(uint i) for elements i..i+3
#define TERM(at) term(at)
#define TERM4(at) term(at)
#define BASE base
#include "reduce-walk.glsl"
