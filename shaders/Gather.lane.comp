#version 450
// Gather, for CPU drivers: as Gather.comp, tiles of it by straight-line code. y[i, d] = table[index[i], d]; `missing` where the index is not below V.
// Shapes  table (V, D), index (N) u32 or i32 (a negative one is a large u32), y (N, D); 32-bit words.
// Tiles   RUN words of ROWS rows of y a subgroup; the last along either axis overlap their neighbours.
// Needs   HasLaneWords; D >= RUN, a multiple of 16; N >= ROWS; V >= 1, and at most 32,768 where it is not LARGE.
// Grid    tiles, SUBGROUPS a workgroup, folded onto y past 32,768; the last workgroups compute the last tile again.
// Tune    RUN, ROWS: enough work that the place of a tile and of its rows is small beside it.
#extension GL_GOOGLE_include_directive : require
#define INT64
#include "divide.glsl"
#define PUSH uint tiles; uint N; uint V; uint D; uint missing; uint tilesD; DIVISOR(tilesD)
#define BUFFERS IN(float, Table, 0) IN(uint, Index, 1) OUT(float, Y, 2)
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint RUN = 16;
layout(constant_id = 3) const uint ROWS = 1;
layout(constant_id = 4) const bool LARGE = false;

void main()
{
    uint id = min((uniform15(gl_WorkGroupID.x) + 32768u * uniform15(gl_WorkGroupID.y)) * SUBGROUPS + uniform5(gl_SubgroupID), tiles - 1u);
    uint t = OVER(id, tilesD), d = min((id - t * tilesD) * RUN, D - RUN), i = min(t * ROWS, N - ROWS);
    [[unroll]] for (uint r = 0; r < ROWS; ++r)
    {
        // What a load gives is no uniform address: indexes are looked up as ids are. Arithmetic instead of a branch around the rows that are missing.
        uint index = uint_at(ADDRESS(Index) + 4ul * (i + r)).e[0], known = 0u - uint(index < V), row = min(index, V - 1u);
        row = LARGE ? uniform15(row & 32767u) + 32768u * uniform15(row >> 15) : uniform15(row);
        uint64_t from = ADDRESS(Table) + 4ul * (uint64_t(row) * D + d), to = ADDRESS(Y) + 4ul * ((i + r) * D + d);
        [[unroll]] for (uint k = 0; k < RUN; k += 16u)
        {
            float v[2];
            [[unroll]] for (uint h = 0; h < 2u; ++h)
                v[h] = uintBitsToFloat(floatBitsToUint(load8(from + 4ul * (k + 8u * h))) & known | missing & ~known);
            store16(to + 4ul * k, v[0], v[1]);
        }
    }
}
