#version 450
// MatMul, for its lane kernel: MatMul.pack.comp for panels of 16 columns that lie side by side in the source, in straight-line code.
//   packed[panel][k][c] = q(k, column(panel) + c),   column(panel) = min(16 panel, columns - 16)
// Shapes  source: (batch, K, columns); packed: (batch, panels, K, 16).
// Grid    x: runs of RUN terms, the last of which overlaps its neighbour; y: panels; z: matrices. One subgroup each.
// Needs   HasLaneWords; K >= RUN, columns >= 16; subgroups of eight.
// Tune    RUN: enough terms that the look-up of ids is small.
#define INT64
#define BUFFERS IN(float, Source, 0) OUT(float, Packed, 1)
#define PUSH uint K; uint columns; uint panels;
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8
layout(constant_id = 1) const uint RUN = 32;
layout(constant_id = 2) const uint DIGITS = 63;

void main()
{
    uint k0 = min(GROUP_X * RUN, K - RUN), panel = GROUP_Y, matrix = GROUP_Z;
    uint64_t from = ADDRESS(Source) + 4ul * (uint64_t(matrix * K + k0) * columns + min(panel * 16u, columns - 16u));
    uint64_t to = ADDRESS(Packed) + 64ul * ((matrix * panels + panel) * K + k0);
    [[unroll]] for (uint k = 0; k < RUN; ++k, from += 4ul * columns) store16(to + 64ul * k, load8(from), load8(from + 32ul));
}
