// recurrent-lane.glsl: products of the recurrent cells, for drivers that compile shaders for a processor with eight lanes a subgroup (Mesa's llvmpipe).
//
//   #define INT64, WIDTH              vectors of sums that a subgroup has of a row
//   #include "buffers.glsl"           with a push word `never` that is 0
//   #include "recurrent-lane.glsl"
//
// A workgroup owns ROWS rows for all steps, and each of its subgroups a panel of the recurrent matrix, TERMS x 8 WIDTH numbers, which it reads once: a
// vector for each term and each of its WIDTH. Inside loops such a driver loads element by element, so that nothing but the states themselves is
// loaded there, two words a lane at a time; the panel stays in registers, which is to say on the stack, where a multiplication takes it from.
// Subgroups meet at a barrier after each step. Two rows at a time share each vector of the panel, and fill the processor's pipelines.
#include "lanes8.glsl"
#include "recurrent.glsl"
layout(constant_id = 3) const uint TERMS = 128; // a multiple of 16
layout(constant_id = 4) const uint ROWS = 16;   // even

float w[TERMS * WIDTH];  // w[k * WIDTH + v]: term k of vector v
float sums[2][WIDTH];    // of two rows

vec2 pairAt(uint64_t address) { return uintBitsToFloat(unpackUint2x32(Pair_at(address).e[0])); }
void putPair(uint64_t address, vec2 v) { Pair_at(address).e[0] = packUint2x32(floatBitsToUint(v)); }

// Keeps the compiler from computing one sum after the other: arithmetic stays on its side of a branch that is never taken and writes all sums.
void pin()
{
    if (never != 0u)
    {
        [[unroll]] for (uint r = 0; r < 2; ++r)
            [[unroll]] for (uint v = 0; v < WIDTH; ++v) sums[r][v] = sums[r][v] * sums[r][v] + 1.0;
    }
}

// sums[r][v] += sum over k of row r's word k times w[k][v]. Lane l loads words 2 l and 2 l + 1 of each sixteen.
void multiply(uint64_t row0, uint64_t row1)
{
    [[unroll]] for (uint k = 0; k < TERMS; k += 16u)
    {
        vec2 a = pairAt(row0 + 4ul * k + 8ul * LANE), b = pairAt(row1 + 4ul * k + 8ul * LANE);
        [[unroll]] for (uint i = 0; i < 16u; ++i)
        {
            float x = FROM(i % 2u == 0u ? a.x : a.y, i / 2u), y = FROM(i % 2u == 0u ? b.x : b.y, i / 2u);
            [[unroll]] for (uint v = 0; v < WIDTH; ++v)
            {
                sums[0][v] = x * w[(k + i) * WIDTH + v] + sums[0][v];
                sums[1][v] = y * w[(k + i) * WIDTH + v] + sums[1][v];
            }
            if (i % 8u == 7u) pin();
        }
    }
}

// Eight words of each of two rows, one a lane: lanes 0..3 store those of the first row, two words each, lanes 4..7 the second row's.
void store8x2(uint64_t row0, uint64_t row1, float x, float y)
{
    float even = LANES8(FROM(x, 0), FROM(x, 2), FROM(x, 4), FROM(x, 6), FROM(y, 0), FROM(y, 2), FROM(y, 4), FROM(y, 6));
    float odd = LANES8(FROM(x, 1), FROM(x, 3), FROM(x, 5), FROM(x, 7), FROM(y, 1), FROM(y, 3), FROM(y, 5), FROM(y, 7));
    putPair((LANE < 4u ? row0 : row1) + 8ul * (LANE & 3u), vec2(even, odd));
}

// What all lanes of a workgroup have stored can be loaded by any of them.
void meet()
{
    memoryBarrierBuffer();
    barrier();
}
