#version 450
// Pad, for CPU drivers: as Pad.comp, tiles of it by straight-line code. y[start + k * step] = x[k], along every axis; y is filled before.
// The rest is in strided-lane.glsl.
#extension GL_GOOGLE_include_directive : require
#define SCATTER
#include "strided-lane.glsl"
