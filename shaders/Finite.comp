#version 450
// Finite: y, which is 1 before, becomes 0 where an element of an input is not finite.
// Shapes  up to four inputs of any counts, f32; y () u32.
// Needs   counts < 2^31, shares = the invocations of the grid.
// Order   none: whoever finds such an element writes the same 0, so the result is the same every time.
// Grid    1-D. CHUNKED 0: an invocation takes every shares-th wide word of each input, so that a GPU's lanes touch neighbours. 1: it takes
//         neighbouring words, so that a processor reads ahead within a page.
// Tune    shares, CHUNKED. INPUTS is a macro, because buffers are declared by it.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint shares, count0, count1, count2, count3;
#if INPUTS == 1
#define BUFFERS IN(uint, X0, 0) INOUT(uint, Y, 1)
#elif INPUTS == 2
#define BUFFERS IN(uint, X0, 0) IN(uint, X1, 1) INOUT(uint, Y, 2)
#elif INPUTS == 3
#define BUFFERS IN(uint, X0, 0) IN(uint, X1, 1) IN(uint, X2, 2) INOUT(uint, Y, 3)
#else
#define BUFFERS IN(uint, X0, 0) IN(uint, X1, 1) IN(uint, X2, 2) IN(uint, X3, 3) INOUT(uint, Y, 4)
#endif
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 64
layout(constant_id = 1) const uint CHUNKED = 0;

// The largest of the bits of |x|: infinities and NaNs are above all else.
#define SHARE_OF(X, count) { \
    uint words = count / 4u, chunk = (words + shares - 1u) / shares; \
    uint first = CHUNKED != 0u ? t * chunk : t, end = CHUNKED != 0u ? min(words, first + chunk) : words; \
    for (uint i = 4u * first; i < 4u * end; i += CHUNKED != 0u ? 4u : 4u * shares) worst4 = max(worst4, LOAD4(X, i) & 0x7fffffffu); } \
    if (t < (count & 3u)) worst4.x = max(worst4.x, LOAD(X, (count & ~3u) + t) & 0x7fffffffu);

void main()
{
    uint t = LINEAR_INDEX;
    uvec4 worst4 = uvec4(0u);
    SHARE_OF(X0, count0)
#if INPUTS > 1
    SHARE_OF(X1, count1)
#endif
#if INPUTS > 2
    SHARE_OF(X2, count2)
#endif
#if INPUTS > 3
    SHARE_OF(X3, count3)
#endif
    if (max(max(worst4.x, worst4.y), max(worst4.z, worst4.w)) >= 0x7f800000u) ATOMIC_AND(Y, 0u, 0u);
}
