// lane.glsl: a tile of ROWS x 16 sums in registers, for drivers that compile shaders for a processor with eight lanes a subgroup (Mesa's llvmpipe).
//
//   layout(constant_id = 1) const uint ROWS = 6;    // before this include; rows of the tile: ROWS x 2 sums + 2 + 1 + 1 fill 16 vector registers at 6
//   layout(constant_id = 9) const bool CHAINED = true;
//   const uint SUBGROUPS = GROUP / 8;
//   #define INT64
//   #include "buffers.glsl"                         // with LANE_TABLE 32 or 8 and a push word `never` that is 0
//   #include "lane.glsl"                            // and lane-words.glsl with it: its rules 1 to 3 hold here too
//
// 4. Shared memory outside control flow has no test for a store: eight uniform stores merge into one vector store (store8Shared).
// 5. The compiler would reorder straight-line sums row by row, and run out of registers. pin() is a branch never taken that writes all sums: arithmetic
//    stays on its side of it.
// 6. CHAIN: a workgroup's subgroups run in order, one after the other, in one thread, each to its end, so subgroup s can take over the sums that
//    subgroup s-1 left in shared memory, with no barrier: an unrolled chunk of terms a subgroup is a loop over terms without a loop. Nothing in
//    Vulkan promises that: hosts offer it only where DeviceLimits.HasLaneChain.
// 7. Where CHAINED is false nothing leans on an order: each subgroup leaves its own sums in a tile of its own, and after a barrier all of them add up
//    all tiles, each for itself, as the last alone would have to do it inside an `if`, element by element (rule 2). The first stores: without the barrier it would be wrong
//    on the very drivers that run subgroups in order.
#include "lane-words.glsl"

shared float tile_[(CHAINED ? 1 : SUBGROUPS) * ROWS * 16];
const uint STORES = CHAINED ? SUBGROUPS - 1 : 0; // the subgroup that has all sums at the end, and stores them
float acc[ROWS][2]; // acc[i][j] of lane l: row i, column 8 j + l

float load8Shared(uint o)
{
    return LANES8(tile_[o], tile_[o + 1], tile_[o + 2], tile_[o + 3], tile_[o + 4], tile_[o + 5], tile_[o + 6], tile_[o + 7]);
}

void store8Shared(uint o, float v)
{
    [[unroll]] for (uint i = 0; i < 8; ++i) tile_[o + i] = FROM(v, i);
}

// Takes over the sums of the subgroup before, or zeros where keep is 0.
void takeTile(uint keep)
{
    [[unroll]] for (uint i = 0; i < ROWS; ++i)
        [[unroll]] for (uint j = 0; j < 2; ++j) acc[i][j] = keepIf(load8Shared((i * 2 + j) * 8), keep);
}

// Leaves the sums to the subgroup after.
void leaveTile()
{
    [[unroll]] for (uint i = 0; i < ROWS; ++i)
        [[unroll]] for (uint j = 0; j < 2; ++j) store8Shared((i * 2 + j) * 8, acc[i][j]);
}

void clearTile()
{
    [[unroll]] for (uint i = 0; i < ROWS; ++i)
        [[unroll]] for (uint j = 0; j < 2; ++j) acc[i][j] = 0.0;
}

// Before the first term of subgroup s.
void beginTile(uint s)
{
    if (CHAINED && SUBGROUPS > 1u) takeTile(s == 0u ? 0u : ~0u);
    else clearTile();
}

// After the last term: subgroup STORES has the sums of all. Outside control flow only.
void endTile(uint s)
{
    if (SUBGROUPS > 1u)
    {
        if (CHAINED) leaveTile();
        else
        {
            // Each lane its own word: two lanes that write one word would race, whatever they write.
            [[unroll]] for (uint i = 0; i < ROWS; ++i)
                [[unroll]] for (uint j = 0; j < 2; ++j) tile_[(s * ROWS + i) * 16u + j * 8u + LANE] = acc[i][j];
            barrier();
            clearTile();
            [[unroll]] for (uint t = 0; t < SUBGROUPS; ++t)
                [[unroll]] for (uint i = 0; i < ROWS; ++i)
                    [[unroll]] for (uint j = 0; j < 2; ++j) acc[i][j] += load8Shared((t * ROWS + i) * 16u + j * 8u);
        }
    }
}

void pin()
{
    if (never != 0u)
    {
        [[unroll]] for (uint i = 0; i < ROWS; ++i)
            [[unroll]] for (uint j = 0; j < 2; ++j) acc[i][j] = acc[i][j] * acc[i][j] + 1.0;
    }
}

// Adds one term to row i: a is the same in every lane, b0 and b1 are the 16 columns.
void addTerm(uint i, float a, float b0, float b1)
{
    acc[i][0] = a * b0 + acc[i][0];
    acc[i][1] = a * b1 + acc[i][1];
}
