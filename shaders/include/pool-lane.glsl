// pool-lane.glsl: what the pooling shaders for processors share: 2x2 windows, stride 2, no padding, straight-line code over vectors of eight channels.
// Defines PUSH and includes buffers.glsl: define BUFFERS before; and GRADIENT in shaders that write x's shape.
//
// Needs   C a multiple of 16, 16 * UNITS * segments == Q * C, SUBGROUPS * workgroups == N * P * segments, at most 32768 workgroups;
//         DeviceLimits.HasLaneWords. Rows and columns of x left over are not read; a gradient is 0 there.
// Grid    1-D: segments of output rows, one a subgroup: UNITS runs of sixteen channels.
// Tune    SUBGROUPS, UNITS: enough work a subgroup, short enough code.
#define INT64
#define PUSH uint rowX; uint rowY; uint rowsOfX; uint P; uint segments;
// Pushed: floats of a row of x and of y, rows of an image of x and of y, segments of a row of y.
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint C = 32;
layout(constant_id = 3) const uint UNITS = 16;

// A subgroup's segment: the row of outputs, in the batch and in its image, its first float there, and the byte at which the upper row of its windows starts.
struct Segment { uint row, p, first; uint64_t above; };

Segment segmentOfThis()
{
    uint id = uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID);
    uint row = id / segments, n = row / P, p = row - n * P;
    return Segment(row, p, (id - row * segments) * (16u * UNITS), 4ul * (uint64_t(n * rowsOfX + 2u * p) * rowX));
}

// Bytes from a row's start to the left cell of the window of output float o: 2 q C + c.
uint64_t leftOf(uint o) { return 4ul * (o + C * (o / C)); }

#ifdef GRADIENT
layout(constant_id = 4) const bool ODD_WIDTH = false;  // a column, or a row, is left over and gets zeros
layout(constant_id = 5) const bool ODD_HEIGHT = false;

// Clears what lies beyond the segment's windows; dx is the upper row's address.
void clearLeftOver(Segment s, uint64_t dx)
{
    uint64_t last = dx + 4ul * (rowX - C), next = dx + 8ul * rowX;  // the column left over, the row after the next
    if (ODD_WIDTH) [[unroll]] for (uint c = 0; c < C; c += 16u) {
        store16(last + 4ul * c, 0.0, 0.0);
        store16(last + 4ul * (rowX + c), 0.0, 0.0);
    }
    if (ODD_HEIGHT && s.p + 1u == P) {
        [[unroll]] for (uint u = 0; u < UNITS; ++u) {
            uint64_t at = leftOf(s.first + 16u * u);
            store16(next + at, 0.0, 0.0);
            store16(next + at + 4ul * C, 0.0, 0.0);
        }
        if (ODD_WIDTH) [[unroll]] for (uint c = 0; c < C; c += 16u) store16(last + 8ul * rowX + 4ul * c, 0.0, 0.0);
    }
}
#endif
