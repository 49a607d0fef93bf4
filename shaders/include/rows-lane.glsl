// rows-lane.glsl: what softmax and its kin share on processors: a subgroup of eight for each row of 16 * PAIRS elements, kept in registers and on the stack
// where it is read twice, straight-line code, uniform addresses.
//   uint64_t at = rowOffset();                      bytes from the start of a (rows, 16 * PAIRS) buffer to this row
//   float v[2 * PAIRS] ... v[i] = load8(ADDRESS(X) + at + 32ul * i)
//   rowSum(s), rowMax(m)                            of four vectors each: over their lanes too, the same in every lane
//   float largest = largestOf(v), sum = sumOfExponentials(v, largest)      or exponentials(v, largest), which leaves e^(v - largest) in v's place
// NaN     rowMax may lose one: it comes back with e^(NaN - m).
// Order   fixed by PAIRS: every fourth vector, then pairs.
// Needs   rows = SUBGROUPS * workgroups, at most 32768 workgroups; DeviceLimits.HasLaneWords.
#include "lane-words.glsl"
#include "math.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint PAIRS = 64;
const uint VECTORS = 2 * PAIRS;

uint thisRow() { return uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID); }
uint64_t rowOffset() { return 4ul * (thisRow() * 16u * PAIRS); }

float overLanes(float v, bool isMax)
{
    float a[8];
    [[unroll]] for (uint i = 0; i < 8; ++i) a[i] = FROM(v, i);
    [[unroll]] for (uint reach = 4; reach > 0; reach >>= 1)
        [[unroll]] for (uint i = 0; i < reach; ++i) a[i] = isMax ? max(a[i], a[i + reach]) : a[i] + a[i + reach];
    return a[0];
}

float rowSum(float s[4]) { return overLanes((s[0] + s[1]) + (s[2] + s[3]), false); }
float rowMax(float m[4]) { return overLanes(max(max(m[0], m[1]), max(m[2], m[3])), true); }

float largestOf(float v[VECTORS])
{
    float m[4];
    [[unroll]] for (uint i = 0; i < 4; ++i) m[i] = v[0];
    [[unroll]] for (uint i = 1; i < VECTORS; ++i) m[i & 3u] = max(m[i & 3u], v[i]);
    return rowMax(m);
}

// The sum of e^(v - largest).
float sumOfExponentials(float v[VECTORS], float largest)
{
    float s[4];
    [[unroll]] for (uint i = 0; i < 4; ++i) s[i] = 0.0;
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) s[i & 3u] += expF(v[i] - largest);
    return rowSum(s);
}

// The same, and they take v's place.
float exponentials(inout float v[VECTORS], float largest)
{
    float s[4];
    [[unroll]] for (uint i = 0; i < 4; ++i) s[i] = 0.0;
    [[unroll]] for (uint i = 0; i < VECTORS; ++i) {
        v[i] = expF(v[i] - largest);
        s[i & 3u] += v[i];
    }
    return rowSum(s);
}

// Stores a number that all lanes have.
void storeWord(uint64_t address, float v)
{
    if (LANE == 0u) float_at(address).e[0] = v;
}
