#version 450
// Reduce, for processors: a subgroup of eight combines TERMS vectors of eight, straight-line code, uniform addresses (lane-words.glsl).
//   COLUMNS 0: y[g] = factor * combine x[8 TERMS g + k], 0 <= k < 8 TERMS.
//   COLUMNS 1: y[s, c] = factor * combine x[TERMS s + k, c], 0 <= k < TERMS.
// Shapes  COLUMNS 0: x and y flat, f32, SUBGROUPS * workgroups results. 1: x (rows, columns), y (slices, columns) f32, columns = WIDTH = 8 * SUBGROUPS * workgroups
//         along x, slices = workgroups along y.
// Needs   at most 32768 workgroups along an axis; subgroups of eight; DeviceLimits.HasLaneWords.
// Order   fixed: four accumulators a lane, then pairs, then lanes.
// Tune    SUBGROUPS, TERMS: enough work that the look-up of ids is small, short enough code for the instruction cache.
#extension GL_GOOGLE_include_directive : require
#define INT64
#define PUSH float factor;
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "lane-words.glsl"
#define START uint64_t at = ADDRESS(X) + 4ul * first_, next = 4ul * step_;
#define TERMS8(k) load8(at + next * k)
#include "reduce-lane.glsl"
