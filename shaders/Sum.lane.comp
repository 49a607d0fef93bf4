#version 450
// For lane kernels that leave partial results: y[e] = sum over z of part[z][e], chained through the subgroups of a workgroup, or shared out to them (lane.glsl).
// Shapes  part (slices, size) f32; y[0..first) goes to Y, the rest to Rest.
// Terms   a chunk is TERMS slices; the last starts SKIP slices early and masks them. A tile is ROWS x 16 neighbouring elements.
// Grid    x, folded onto y past 32,768: tiles. The last ones overlap.
// Needs   LaneForm.Of, HasLaneChain where CHAINED; size >= ROWS * 16.
#define INT64
#define BUFFERS IN(float, Part, 0) OUT(float, Y, 1) OUT(float, Rest, 2)
#define PUSH uint never; uint size; uint first;
#include "buffers.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint GROUP = 8;
layout(constant_id = 1) const uint ROWS = 4;
layout(constant_id = 2) const uint TERMS = 8;
layout(constant_id = 3) const uint SKIP = 0;
layout(constant_id = 4) const bool CHAINED = true;
const uint SUBGROUPS = GROUP / 8;
#include "lane.glsl"

void main()
{
    uint e0 = min((uniform15(gl_WorkGroupID.x) + 32768u * uniform15(gl_WorkGroupID.y)) * (ROWS * 16u), size - ROWS * 16u);
    uint s = SUBGROUPS == 1u ? 0u : uniform10(gl_SubgroupID), keep = s == SUBGROUPS - 1u ? 0u : ~0u;
    uint64_t part = ADDRESS(Part) + 4ul * e0 + uint64_t((int64_t(s * TERMS) - int64_t(SKIP & ~keep)) * int64_t(4ul * size));
    beginTile(s);
    [[unroll]] for (uint k = 0; k < TERMS; ++k, part += 4ul * size)
        [[unroll]] for (uint r = 0; r < ROWS; ++r)
            [[unroll]] for (uint j = 0; j < 2; ++j)
            {
                float v = load8(part + 4ul * (r * 16u + j * 8u));
                acc[r][j] += k < SKIP ? keepIf(v, keep) : v;
            }
    endTile(s);
    if (SUBGROUPS > 1u && gl_SubgroupID != STORES) return;
    // Words of a tile may go to either: all of them first as if to Y's side, one by one where the tile lies across.
    [[unroll]] for (uint r = 0; r < ROWS; ++r)
    {
        uint e = e0 + r * 16u;
        if (e + 16u <= first) store16(ADDRESS(Y) + 4ul * e, acc[r][0], acc[r][1]);
        else
            [[unroll]] for (uint j = 0; j < 2; ++j)
            {
                uint at = e + 8u * j + LANE;
                float_at(at < first ? ADDRESS(Y) + 4ul * at : ADDRESS(Rest) + 4ul * (at - first)).e[0] = acc[r][j];
            }
    }
}
