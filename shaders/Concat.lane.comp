#version 450
// Concat, for CPU drivers: as Concat.comp, tiles of it by straight-line code. y[.., start + k, ..] = x[.., k, ..], a dispatch for each input.
// The rest is in strided-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define SCATTER
#include "strided-lane.glsl"
