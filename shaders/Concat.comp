#version 450
// Concat: one input laid into its part of y; a dispatch for each input. y[.., start + k, ..] = x[.., k, ..].
// Shapes  x and y agree in every axis but one; 32-bit types, row-major.
// The rest is in strided.glsl.
#extension GL_GOOGLE_include_directive : require
#define SCATTER
#include "strided.glsl"
