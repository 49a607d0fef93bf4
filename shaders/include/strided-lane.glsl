// strided-lane.glsl: what strided.glsl does, for CPU drivers: straight-line code, uniform addresses (lane-words.glsl). The whole shader of Slice, Transpose
// (GATHER: the places are read), Pad and Concat (SCATTER: the places are written).
//
// Shapes  words of 4 bytes. Axis A is the dense side's innermost, B any other; up to three more are counted through, the innermost first.
// Tiles   RUN words of A x ROWS of B a subgroup; the last along either axis overlap their neighbours. Where words of A lie APART each is loaded, or stored,
//         by itself: B should be the axis whose words are neighbours then, so that a tile uses whole lines of both sides.
// Needs   HasLaneWords; A >= RUN, a multiple of 16; B >= ROWS; no word of y twice, nor one of x.
// Grid    tiles, SUBGROUPS a workgroup, folded onto y past 32,768; the last workgroups compute the last tile again.
// Tune    RUN, ROWS: enough work that the place of a tile is small beside it, short enough code for the operation cache.
#define INT64
#include "divide.glsl"
#define PUSH uint tiles; uint A; uint B; uint stepA; uint stepB; uint denseB; uint offset; uint tilesA; uint tilesA_magic; uint tilesA_shift; uint tilesB; uint tilesB_magic; uint tilesB_shift; \
    uint C; uint C_magic; uint C_shift; uint stepC; uint denseC; uint D; uint D_magic; uint D_shift; uint stepD; uint denseD; uint stepE; uint denseE;
#define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint RUN = 16;
layout(constant_id = 3) const uint ROWS = 1;
layout(constant_id = 4) const uint REST = 0; // axes beyond A and B
layout(constant_id = 5) const bool APART = false;

void main()
{
    uint id = min((uniform15(gl_WorkGroupID.x) + 32768u * uniform15(gl_WorkGroupID.y)) * SUBGROUPS + uniform5(gl_SubgroupID), tiles - 1u);
    uint t = OVER(id, tilesA), rest = OVER(t, tilesB);
    uint a = min((id - t * tilesA) * RUN, A - RUN), b = min((t - rest * tilesB) * ROWS, B - ROWS);
    uint dense = a + b * denseB, place = offset + a * stepA + b * stepB;
    if (REST > 0u)
    {
        uint d = REST > 1u ? OVER(rest, C) : 0u, c = rest - d * C, e = REST > 2u ? OVER(d, D) : 0u;
        d -= e * D;
        dense += c * denseC + d * denseD + e * denseE;
        place += c * stepC + d * stepD + e * stepE;
    }
    int64_t nextA = 4l * int64_t(int(stepA)), nextB = 4l * int64_t(int(stepB));
#ifdef GATHER
    uint64_t from = ADDRESS(X) + 4ul * place, to = ADDRESS(Y) + 4ul * dense;
#else
    uint64_t from = ADDRESS(X) + 4ul * dense, to = ADDRESS(Y) + 4ul * place;
#endif
    [[unroll]] for (uint r = 0; r < ROWS; ++r)
    {
#ifdef GATHER
        uint64_t x = from + uint64_t(nextB * int64_t(int(r))), y = to + 4ul * (r * denseB);
        [[unroll]] for (uint k = 0; k < RUN; k += 16u)
        {
            if (APART)
            {
                uint64_t at = x + uint64_t(nextA * int64_t(int(k)));
#define AT_(l) WORD(at + uint64_t(nextA * (l)), 0)
                float even = LANES8(AT_(0l), AT_(2l), AT_(4l), AT_(6l), AT_(8l), AT_(10l), AT_(12l), AT_(14l));
                float odd = LANES8(AT_(1l), AT_(3l), AT_(5l), AT_(7l), AT_(9l), AT_(11l), AT_(13l), AT_(15l));
                Pair_at(y + 4ul * k + 8ul * LANE).e[0] = packUint2x32(uvec2(floatBitsToUint(even), floatBitsToUint(odd)));
            }
            else store16(y + 4ul * k, load8(x + 4ul * k), load8(x + 4ul * k + 32ul));
        }
#else
        uint64_t x = from + 4ul * (r * denseB), y = to + uint64_t(nextB * int64_t(int(r)));
        [[unroll]] for (uint k = 0; k < RUN; k += 16u)
        {
            float low = load8(x + 4ul * k), high = load8(x + 4ul * k + 32ul);
            if (APART)
            {
                uint64_t at = y + uint64_t(nextA * int64_t(int(k + LANE)));
                float_at(at).e[0] = low;
                float_at(at + uint64_t(8l * nextA)).e[0] = high;
            }
            else store16(y + 4ul * k, low, high);
        }
#endif
    }
}
