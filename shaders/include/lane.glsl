// lane.glsl: a tile of ROWS x 16 sums in registers, for drivers that compile shaders for a processor with eight lanes a subgroup (Mesa's llvmpipe).
//
//   layout(constant_id = 1) const uint ROWS = 6;    // before this include; rows of the tile: ROWS x 2 sums + 2 + 1 + 1 fill 16 vector registers at 6
//   #define INT64
//   #include "buffers.glsl"                         // with LANE_TABLE 32 and a push word `never` that is 0
//   #include "lane.glsl"
//
// Every rule here is about the machine code the driver makes of it:
// 1. A load is one scalar load where its address is made of constants and push constants alone and no loop or `if` encloses it. tab[] lies in the push
//    block, so tab[id] == id is such a value and id is not: uniform15() turns ids into uniform values. Each look-up is some 40 instructions.
// 2. Eight such loads of neighbouring words, given to lanes 0..7 with mix(), become one vector load: LANES8, load8(). `?:` around a load is control flow.
//    So is && or || before it where the address depends on the outcome: every load becomes a gather, ten times slower. Use arithmetic.
//    Nothing else loads a vector: an address that differs by lane is a gather, a loop counter in it makes it one.
// 3. Global stores are eight scalar stores behind a test each: 64-bit words halve them. Shared memory outside control flow has no such test: eight uniform
//    stores merge into one vector store (store8Shared).
// 4. The compiler would reorder straight-line sums row by row, and run out of registers. pin() is a branch never taken that writes all sums: arithmetic
//    stays on its side of it.
// 5. CHAIN: a workgroup's subgroups run in order, one after the other, in one thread, each to its end, so subgroup s can take over the sums that
//    subgroup s-1 left in shared memory, with no barrier: an unrolled chunk of terms a subgroup is a loop over terms without a loop. Nothing in
//    Vulkan promises that. Hosts offer these kernels only where DeviceLimits.HasLaneChain.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Pair_at { uint64_t e[]; };
shared float tile_[ROWS * 16];
float acc[ROWS][2]; // acc[i][j] of lane l: row i, column 8 j + l

#define LANE gl_SubgroupInvocationID // gl_LocalInvocationID costs integer divisions
#define FROM(v, lane) subgroupBroadcast(v, lane)
#define LANES8(v0, v1, v2, v3, v4, v5, v6, v7) \
    mix(mix(mix(v7, v6, LANE == 6u), mix(v5, v4, LANE == 4u), LANE < 6u), mix(mix(v3, v2, LANE == 2u), mix(v1, v0, LANE == 0u), LANE < 2u), LANE < 4u)

// Copies of an id below 32, 1024 or 32768 that the driver knows to be the same in every lane.
uint uniform5(uint id) { return tab[id & 31u]; }
uint uniform10(uint id) { return tab[id & 31u] + 32u * tab[id >> 5 & 31u]; }
uint uniform15(uint id) { return tab[id & 31u] + 32u * tab[id >> 5 & 31u] + 1024u * tab[id >> 10 & 31u]; }

// The word at a uniform address; i is a constant.
#define WORD(address, i) float_at(address).e[i]

// Eight neighbouring words from a uniform address.
float load8(uint64_t address)
{
    float_at p = float_at(address);
    return LANES8(p.e[0], p.e[1], p.e[2], p.e[3], p.e[4], p.e[5], p.e[6], p.e[7]);
}

float load8Shared(uint o)
{
    return LANES8(tile_[o], tile_[o + 1], tile_[o + 2], tile_[o + 3], tile_[o + 4], tile_[o + 5], tile_[o + 6], tile_[o + 7]);
}

void store8Shared(uint o, float v)
{
    [[unroll]] for (uint i = 0; i < 8; ++i) tile_[o + i] = FROM(v, i);
}

// v where keep is all ones, 0 where it is 0, whatever v is.
float keepIf(float v, uint keep) { return uintBitsToFloat(floatBitsToUint(v) & keep); }

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

// Sixteen neighbouring words: x is words 0..7, y 8..15. Lane l stores words 2 l and 2 l + 1.
void store16(uint64_t address, float x, float y)
{
    float even = LANES8(FROM(x, 0), FROM(x, 2), FROM(x, 4), FROM(x, 6), FROM(y, 0), FROM(y, 2), FROM(y, 4), FROM(y, 6));
    float odd = LANES8(FROM(x, 1), FROM(x, 3), FROM(x, 5), FROM(x, 7), FROM(y, 1), FROM(y, 3), FROM(y, 5), FROM(y, 7));
    Pair_at(address + 8ul * LANE).e[0] = packUint2x32(uvec2(floatBitsToUint(even), floatBitsToUint(odd)));
}
