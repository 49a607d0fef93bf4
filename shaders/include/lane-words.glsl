// lane-words.glsl: uniform ids, vector loads and stores for drivers that compile shaders for a processor with eight lanes a subgroup (Mesa's llvmpipe).
//
//   #define INT64
//   #include "buffers.glsl"         // built with LANE_TABLE 32, or 8 where the push block is short: more look-ups
//   #include "lane-words.glsl"
//
// Every rule here is about the machine code the driver makes:
// 1. A load is one scalar load where its address is made of constants and push constants alone and no loop or `if` encloses it. tab[] lies in the
//    push block, so tab[id] == id is such a value and id is not: uniform15() turns ids into uniform values. Each look-up is some 40 instructions.
// 2. Eight such loads of neighbouring words, given to lanes 0..7 with mix(), become one vector load: LANES8, load8(). `?:` around a load is control
//    flow; so is && or || before it where the address depends on the outcome, and ?: between two addresses: every load becomes a gather, ten times slower.
//    Use arithmetic.
//    Nothing else loads a vector: an address that differs by lane is a gather, and a loop counter in it makes it one.
// 3. Global stores are eight scalar stores behind a test each: 64-bit words halve them (store16).
#include "lanes8.glsl"

// Copies of an id below 32, 1024 or 32768 that the driver knows to be the same in every lane.
#if LANE_TABLE == 8
uint uniform5(uint id) { return tab[id & 7u] + 8u * tab[id >> 3 & 3u]; }
uint uniform10(uint id) { return tab[id & 7u] + 8u * tab[id >> 3 & 7u] + 64u * tab[id >> 6 & 7u] + 512u * tab[id >> 9 & 1u]; }
uint uniform15(uint id) { return tab[id & 7u] + 8u * tab[id >> 3 & 7u] + 64u * tab[id >> 6 & 7u] + 512u * tab[id >> 9 & 7u] + 4096u * tab[id >> 12 & 7u]; }
#else
uint uniform5(uint id) { return tab[id & 31u]; }
uint uniform10(uint id) { return tab[id & 31u] + 32u * tab[id >> 5 & 31u]; }
uint uniform15(uint id) { return tab[id & 31u] + 32u * tab[id >> 5 & 31u] + 1024u * tab[id >> 10 & 31u]; }
#endif

// The same of an id with a known number of digits to base 32: what look-ups cost is worth leaving some out.
uint uniformDigits(uint id, uint digits) { return digits == 0u ? 0u : digits == 1u ? uniform5(id) : digits == 2u ? uniform10(id) : uniform15(id); }

// Copies of gl_WorkGroupID; DIGITS is a specialization constant with the digits of each axis' ids (LaneTerms.Digits).
#define GROUP_X uniformDigits(gl_WorkGroupID.x, DIGITS & 3u)
#define GROUP_Y uniformDigits(gl_WorkGroupID.y, DIGITS >> 2 & 3u)
#define GROUP_Z uniformDigits(gl_WorkGroupID.z, DIGITS >> 4 & 3u)

// The word at a uniform address; i is a constant.
#define WORD(address, i) float_at(address).e[i]

// v where keep is all ones, 0 where it is 0, whatever v is.
float keepIf(float v, uint keep) { return uintBitsToFloat(floatBitsToUint(v) & keep); }

// Eight neighbouring words from a uniform address.
float load8(uint64_t address)
{
    float_at p = float_at(address);
    return LANES8(p.e[0], p.e[1], p.e[2], p.e[3], p.e[4], p.e[5], p.e[6], p.e[7]);
}

// Sixteen neighbouring words: x is words 0..7, y 8..15. Lane l stores words 2 l and 2 l + 1.
void store16(uint64_t address, float x, float y)
{
    float even = LANES8(FROM(x, 0), FROM(x, 2), FROM(x, 4), FROM(x, 6), FROM(y, 0), FROM(y, 2), FROM(y, 4), FROM(y, 6));
    float odd = LANES8(FROM(x, 1), FROM(x, 3), FROM(x, 5), FROM(x, 7), FROM(y, 1), FROM(y, 3), FROM(y, 5), FROM(y, 7));
    Pair_at(address + 8ul * LANE).e[0] = packUint2x32(uvec2(floatBitsToUint(even), floatBitsToUint(odd)));
}
