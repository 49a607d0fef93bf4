// reduce-walk.glsl: the whole of Reduce.comp and FusedReduce.comp but for what an element is.
//   y[o, s, c] = factor * combine x[o, k, c], s * sliceExtent <= k < (s + 1) * sliceExtent.
//
//   TERM(at), TERM4(at)   element at of x; elements at..at+3, at a multiple of 4
//   BASE                  x's first element: a multiple of 4
//   COMBINE, SQUARE       see reduce.glsl
//   WIDE                  0: columns = inner. 1: four columns at once, columns = inner / 4. 2: inner is 1, four elements of a row at once.
// Needs    the words count, extent, slices, sliceExtent, columns, factor; WIDE 1: inner a multiple of 4. WIDE 2: extent and sliceExtent
//          multiples of 4. counts < 2^31.
// Order    fixed: blocks of 64 terms (of 256 for WIDE 2) are summed first, so that errors grow with the square root of the extent.
#include "reduce.glsl"
layout(local_size_x_id = 0) in; // 64
#if WIDE == 1
#define VALUE vec4
#define GET(at) TERM4(at)
#define FIRST (4u * ((o * extent + k) * columns + c))
#define NEXT (4u * columns)
const uint STEP = 1u;
#elif WIDE == 2
#define VALUE vec4
#define GET(at) TERM4(at)
#define FIRST (o * extent + k)
#define NEXT 4u
const uint STEP = 4u;
#else
#define VALUE float
#define GET(at) TERM(at)
#define FIRST ((o * extent + k) * columns + c)
#define NEXT columns
const uint STEP = 1u;
#endif

void main()
{
    uint u = LINEAR_INDEX;
    if (u >= count) return;
    uint os = OVER(u, columns), c = u - os * columns, o = OVER(os, slices), s = os - o * slices;
    uint k = s * sliceExtent, end = min(extent, k + sliceExtent);
    uint at = BASE + FIRST; // kept by addition: a multiplication for each load costs a processor more than the load
    VALUE total = VALUE(first());
    while (k < end) {
        VALUE block = VALUE(first());
        for (uint stop = min(end, k + 64u * STEP); k < stop; k += STEP, at += NEXT) block = combine(block, ELEMENT(GET(at)));
        total = combine(total, block);
    }
#if WIDE == 1
    STORE4(Y, 4u * u, factor * total);
#elif WIDE == 2
    STORE(Y, u, factor * combine(total));
#else
    STORE(Y, u, factor * total);
#endif
}
