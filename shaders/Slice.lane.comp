#version 450
// Slice, for CPU drivers: as Slice.comp, tiles of it by straight-line code. y[k] = x[start + k * step], along every axis.
// The rest is in strided-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATHER
#include "strided-lane.glsl"
