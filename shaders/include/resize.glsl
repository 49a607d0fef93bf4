// resize.glsl: what the shaders of resizing share: their push block, and where the pixels of y lie in x. Defines PUSH, includes buffers.glsl and each.glsl: define
// BUFFERS before. A unit is a channel (WIDTH 1) or four (WIDTH 4); C counts units.
// Row p of y lies at (rowSlope p + rowOffset) / rowUnit among the rows of x, in integers: so both passes, and the host, agree on every weight.
#include "divide.glsl"
#define PUSH uint count, H, Width, C, P, Q, rowSlope, rowOffset, rowUnit, columnSlope, columnOffset, columnUnit; \
    DIVISOR(C) DIVISOR(rows) DIVISOR(columns) DIVISOR(rowUnit) DIVISOR(columnUnit) DIVISOR(rowSlope) DIVISOR(columnSlope)
#include "buffers.glsl"
#include "each.glsl"
layout(constant_id = 2) const uint BLENDS = 1; // whether two rows and columns make a pixel, or one
#if WIDTH == 4
#define UNIT vec4
#define LOAD_UNIT(B, i) LOAD4(B, 4u * (i))
#define STORE_UNIT(B, i, v) STORE4(B, 4u * (i), v)
#else
#define UNIT float
#define LOAD_UNIT(B, i) LOAD(B, i)
#define STORE_UNIT(B, i, v) STORE(B, i, v)
#endif

#include "resize-places.glsl"
