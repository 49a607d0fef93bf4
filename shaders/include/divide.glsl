// divide.glsl: division of n < 2^31 by numbers that the host knows, as one multiplication (Divisor in Kernels/Divisor.cs makes the words).
// Processors have no vector integer division and GPUs take some twenty instructions for one.
//
//   #include "divide.glsl"                    // before buffers.glsl
//   #define PUSH uint count, Q; DIVISOR(Q)    // two words after Q
//   uint row = OVER(i, Q), q = i - row * Q;
#define DIVISOR(d) uint d##_magic, d##_shift;
#define OVER(n, d) over_(n, d##_magic, d##_shift)

// floor(2n * magic / 2^(32 + shift)), with magic = floor(2^(31 + shift) / d) + 1 and shift = ceil(log2 d).
uint over_(uint n, uint magic, uint shift)
{
    uint high, low;
    umulExtended(n << 1, magic, high, low);
    return high >> shift;
}
