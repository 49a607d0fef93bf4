// recurrent-grad-lane.glsl: the gradients of the recurrent cells, for processors; recurrent-lane.glsl says how products run. Included after buffers.glsl, whose
// Parts is scratch, and before a cell's own function
//   vec2 stepBack(uint n, uint place, uint unit, vec2 dh)     what flows into the gates of two units; gives what flows into their states before but through W
//
// A step is two parts with a barrier after each. First the gates: a subgroup takes sixteen units of a row at a time, two a lane. Then the product with Wt:
// subgroup s of block b has 32 units (lane l has 2 l and 2 l + 1 of each half) and the columns of gate s: its sums are a part of what flows into the
// state before, one of GATES; with DIRECT, what does not come through W is another.
// Shapes  U = TERMS, a multiple of 32. Parts (N, PARTS, U). Local size: 8 * GATES * U / 32.
// Needs   subgroups of eight; raw addresses. A flow that is not there has any buffer.
// Grid    a workgroup for each ROWS rows.
// Tune    ROWS: fewer keep more cores busy, more read the panels less often.
#define WIDTH 4
#include "recurrent-lane.glsl"
layout(constant_id = 5) const bool INTO_STATES = false;
layout(constant_id = 6) const bool INTO_LAST = false;
layout(constant_id = 7) const bool INTO_LAST_CELL = false;
layout(constant_id = 8) const bool DIRECT = false;
const uint SUBGROUPS = GATES * TERMS / 32u, PARTS = GATES + (DIRECT ? 1u : 0u), RUNS = TERMS / 16u;

vec2 stepBack(uint n, uint place, uint unit, vec2 dh);

uint64_t partOf(uint n, uint part, uint unit) { return ADDRESS(Parts) + 4ul * ((n * PARTS + part) * TERMS + unit); }

// What flows into the states of two units: the parts, added up.
vec2 allParts(uint n, uint unit)
{
    vec2 sum = pairAt(partOf(n, 0u, unit));
    [[unroll]] for (uint part = 1; part < PARTS; ++part) sum += pairAt(partOf(n, part, unit));
    return sum;
}

void main()
{
    uint first = gl_WorkGroupID.x * ROWS, end = min(first + ROWS, N), items = (end - first) * RUNS;
    uint gate = gl_SubgroupID % GATES, block = gl_SubgroupID / GATES * 32u + 2u * LANE;
    [[unroll]] for (uint k = 0; k < TERMS; ++k)
        [[unroll]] for (uint v = 0; v < 4u; ++v) w[k * 4u + v] = LOAD(W, ((block + v / 2u * 16u + v % 2u) * GATES + gate) * TERMS + k);

    for (uint item = gl_SubgroupID; item < items; item += SUBGROUPS) {
        uint n = first + item / RUNS, unit = item % RUNS * 16u + 2u * LANE;
        uint64_t offset = 4ul * (n * TERMS + unit);
        vec2 zero = vec2(0.0), last = zero;
        if (INTO_LAST) last = pairAt(ADDRESS(DLast) + offset);
        putPair(partOf(n, 0u, unit), last);
        [[unroll]] for (uint part = 1; part < PARTS; ++part) putPair(partOf(n, part, unit), zero);
#ifdef CELL
        vec2 lastCell = zero;
        if (INTO_LAST_CELL) lastCell = pairAt(ADDRESS(DLastCell) + offset);
        putPair(ADDRESS(Dc0) + offset, lastCell);
#endif
    }
    for (uint step = T; step-- > 0u;) {
        uint t = timeOf(step);
        for (uint item = gl_SubgroupID; item < items; item += SUBGROUPS) {
            uint n = first + item / RUNS, unit = item % RUNS * 16u + 2u * LANE, place = n * T + t;
            vec2 dh = allParts(n, unit), direct = dh;
            if (INTO_STATES) dh += pairAt(ADDRESS(DStates) + 4ul * (place * TERMS + unit));
            if (MASKED && LOAD(Mask, place) == 0u) {
                direct = dh;
                [[unroll]] for (uint g = 0; g < GATES; ++g) {
                    uint64_t at = 4ul * ((place * GATES + g) * TERMS + unit);
                    putPair(ADDRESS(DProjections) + at, vec2(0.0));
#ifdef RECURRENT_FLOW
                    putPair(ADDRESS(RECURRENT_FLOW) + at, vec2(0.0));
#endif
                }
            }
            else direct = stepBack(n, place, unit, dh);
            if (DIRECT) putPair(partOf(n, GATES, unit), direct);
        }
        meet();
        for (uint n = first; n < end; n += 2u) {
            uint row[2] = {n, min(n + 1u, end - 1u)};
            [[unroll]] for (uint r = 0; r < 2u; ++r)
                [[unroll]] for (uint v = 0; v < 4u; ++v) sums[r][v] = 0.0;
#ifdef RECURRENT_FLOW
            uint64_t flow = ADDRESS(RECURRENT_FLOW);
#else
            uint64_t flow = ADDRESS(DProjections);
#endif
            multiply(flow + 4ul * (((row[0] * T + t) * GATES + gate) * TERMS), flow + 4ul * (((row[1] * T + t) * GATES + gate) * TERMS));
            [[unroll]] for (uint r = 0; r < 2u; ++r) {
                putPair(partOf(row[r], gate, block), vec2(sums[r][0], sums[r][1]));
                putPair(partOf(row[r], gate, block + 16u), vec2(sums[r][2], sums[r][3]));
            }
        }
        meet();
    }
    for (uint item = gl_SubgroupID; item < items; item += SUBGROUPS) {
        uint n = first + item / RUNS, unit = item % RUNS * 16u + 2u * LANE;
        putPair(ADDRESS(Dh0) + 4ul * (n * TERMS + unit), allParts(n, unit));
    }
}
