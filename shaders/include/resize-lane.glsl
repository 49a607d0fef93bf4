// resize-lane.glsl: what the shaders of resizing for processors share: straight-line code over vectors of eight channels, at uniform places.
// Define BUFFERS before. Row p of y lies at (rowSlope p + rowOffset) / rowUnit among the rows of x, as in resize.glsl.
//
// Needs   C a multiple of 16; UNITS divides C / 16, or is a multiple of it; 16 UNITS segments words make a row of results, SUBGROUPS x workgroups segments all rows;
//         at most 32768 workgroups; DeviceLimits.HasLaneWords.
// Grid    1-D: segments of rows of results, one a subgroup: UNITS runs of sixteen channels, of one pixel or of several whole ones.
// Tune    SUBGROUPS, UNITS: enough work a subgroup, short enough code.
#define INT64
#include "divide.glsl"
#define PUSH uint H; uint Width; uint P; uint Q; uint rowSlope; uint rowOffset; uint rowUnit; uint columnSlope; uint columnOffset; uint columnUnit; uint rows; uint segments; \
    DIVISOR(rowUnit) DIVISOR(columnUnit) DIVISOR(rowSlope) DIVISOR(columnSlope)
// Pushed: extents of x and y, places, rows of an image of results, segments of such a row.
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint C = 16;
layout(constant_id = 3) const uint UNITS = 1;
layout(constant_id = 4) const uint BLENDS = 1; // whether two rows and columns make a pixel, or one
const uint RUNS = UNITS * 16 < C ? UNITS : C / 16; // of a pixel
const uint PIXELS = UNITS / RUNS;
#include "resize-places.glsl"

// A subgroup's segment: image and row of results, its first column, the first channel of it, and the result's address.
struct Segment { uint image, row, column, channel; uint64_t results; };

Segment segmentOfThis(uint64_t results)
{
    uint id = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint row = id / segments, first = (id - row * segments) * (16u * UNITS), image = row / rows;
    return Segment(image, row - image * rows, first / C, first % C, results + 4ul * (uint64_t(id) * (16u * UNITS)));
}
