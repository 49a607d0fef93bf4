#version 450
// FusedReduce, for processors: a subgroup of eight combines TERMS vectors of eight of a chain's values, straight-line code, uniform addresses.
//   COLUMNS 0: y[g] = factor * combine x[8 TERMS g + k], 0 <= k < 8 TERMS, x = chain(x_0[at_0(i)], x_1[at_1(i)], ...).
//   COLUMNS 1: y[s, c] = factor * combine x[TERMS s + k, c], 0 <= k < TERMS.
// Shapes  as Reduce.lane.comp; each input has the common shape, is one element, or repeats every P elements or for Q elements, P and Q multiples of 16.
// Needs   as Reduce.lane.comp.
// Order   fixed: four accumulators a lane, then pairs, then lanes.
// Tune    SUBGROUPS, TERMS: the longer the chain, the fewer terms fit the instruction cache.
#extension GL_GOOGLE_include_directive : require
#define INT64
#include "chain-buffers.glsl"   // made for the chain: BUFFERS and CHAIN_WORDS
#define PUSH float factor; CHAIN_WORDS
#include "buffers.glsl"
#include "lane-words.glsl"
#include "math.glsl"
#include "chain.glsl"           // made for the chain: float term(uint i, uint k), of elements i+k..i+k+7, i uniform, k constant
#define START
#define TERMS8(k) term(first_, step_ * k)
#include "reduce-lane.glsl"
