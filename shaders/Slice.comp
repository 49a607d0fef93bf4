#version 450
// Slice: a box of x, every so many elements. y[k] = x[start + k * step], along every axis.
// Shapes  x and y of equal rank, 32-bit types, row-major.
// The rest is in strided.glsl.
#extension GL_GOOGLE_include_directive : require
#define GATHER
#include "strided.glsl"
