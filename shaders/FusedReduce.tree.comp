#version 450
// FusedReduce.tree: as FusedReduce.comp where rows are contiguous, with a workgroup for each result; its lanes take every GROUP-th element.
//   y[o, s] = factor * combine x[o, k], x = chain(x_0[at_0(i)], x_1[at_1(i)], ...), s * sliceExtent <= k < (s + 1) * sliceExtent.
// Shapes  x (outer, extent), each input broadcasts to it; y (outer, slices) f32 of count elements. 32-bit types.
// Needs   counts < 2^31; GROUP a power of two.
// Order   fixed by GROUP and the extents.
// Grid    one workgroup per result, folded onto y.
#extension GL_GOOGLE_include_directive : require
#include "divide.glsl"
#include "chain-buffers.glsl"   // made for the chain: BUFFERS and CHAIN_WORDS
#define PUSH uint base, count, extent, slices, sliceExtent; float factor; DIVISOR(slices) CHAIN_WORDS
#include "buffers.glsl"
#include "math.glsl"
#include "chain.glsl"           // made for the chain: float term(uint i)
#define TERM(at) term(at)
#define BASE base
#include "reduce-tree.glsl"
