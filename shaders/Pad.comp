#version 450
// Pad: x laid into y, which Pad.fill.comp has filled before. y[start + k * step] = x[k], along every axis.
// Shapes  x and y of equal rank, 32-bit types, row-major.
// The rest is in strided.glsl.
#extension GL_GOOGLE_include_directive : require
#define SCATTER
#include "strided.glsl"
