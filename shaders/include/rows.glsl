// rows.glsl: what softmax and its kin share: rows of C elements, and what is known of a row before its elements are written.
//   walk   (TREE 0) an invocation for each row: lane is 0, LANES is 1, and meeting costs nothing. Best for short rows and for processors.
//   tree   (TREE 1) a workgroup for each row, whose lanes take every GROUP-th element and meet in shared memory. For GPUs.
//   Order  of sums is fixed by C and GROUP.
//
//   uint row = thisRow();  if (row >= rows) return;
//   FOR_ROW(i) ...                        i from 0 to C - 1, this lane's share
//   float sum = rowSum(v), most = rowMax(v);   over all lanes; a NaN wins. Every invocation of the workgroup must call them.
#include "math.glsl"
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 0) const uint GROUP = 64;
#define MINUS_INFINITY uintBitsToFloat(0xff800000u)

#if TREE
shared float met_[GROUP];
uint thisRow() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }
#define FOR_ROW(i) for (uint i = gl_LocalInvocationID.x; i < C; i += GROUP)
#define MEET_(name, combine) \
    float name(float v) \
    { \
        uint lane = gl_LocalInvocationID.x; \
        barrier(); \
        met_[lane] = v; \
        for (uint reach = GROUP / 2u; reach > 0u; reach /= 2u) { \
            barrier(); \
            if (lane < reach) { float a = met_[lane], b = met_[lane + reach]; met_[lane] = combine; } \
        } \
        barrier(); \
        return met_[0]; \
    }
MEET_(rowSum, a + b)
MEET_(rowMax, maxNaN(a, b))
#define FIRST_LANE (gl_LocalInvocationID.x == 0u)
#else
uint thisRow() { return LINEAR_INDEX; }
#define FOR_ROW(i) for (uint i = 0u; i < C; ++i)
float rowSum(float v) { return v; }
float rowMax(float v) { return v; }
#define FIRST_LANE true
#endif

// The maximum of row `at`/C of X and the sum of e^(x - maximum): apart, because the sum's logarithm would be lost beside a large maximum.
#define NORMALIZER(X, at, largest, sum) \
    float largest = MINUS_INFINITY, sum = 0.0; \
    FOR_ROW(i_) largest = maxNaN(largest, LOAD(X, at + i_)); \
    largest = rowMax(largest); \
    FOR_ROW(i_) sum += expF(LOAD(X, at + i_) - largest); \
    sum = rowSum(sum);
