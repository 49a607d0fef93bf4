#ifndef FORGE_SIXTEEN
#define FORGE_SIXTEEN
// sixteen.glsl: 16-bit floats as bits of words, on devices that know no such types. Exact, and rounded to nearest, ties to even, on every driver:
// packHalf2x16 may round as it likes, and drivers flush subnormal halves.
// The numbers of OPERANDS (Kernels/OperandConstant.cs): 0 f32, 1 bf16, 2 f16.

// f32 to the bits of an f16: below 2^-14 its steps are 2^-24, the steps of f32 from 1/2 to 1. A NaN stays one; from 65520 on, infinity.
uint toHalf(float v)
{
    uint bits = floatBitsToUint(v), m = bits & 0x7fffffffu;
    precise float tiny = uintBitsToFloat(min(m, 0x38800000u)) + 0.5;
    uint normal = (m - 0x38000000u + 0xfffu + (m >> 13 & 1u)) >> 13;
    uint h = m > 0x7f800000u ? 0x7e00u : m >= 0x477ff000u ? 0x7c00u : m < 0x38800000u ? floatBitsToUint(tiny) - 0x3f000000u : normal;
    return h | (bits >> 16 & 0x8000u);
}

// The bits of an f16, in the low half of h, to f32.
float fromHalf(uint h)
{
    uint m = h & 0x7fffu;
    uint bits = m >= 0x7c00u ? m << 13 | 0x7f800000u : m >= 0x400u ? (m << 13) + 0x38000000u : floatBitsToUint(float(m) * 5.9604644775390625e-8);
    return uintBitsToFloat(bits | (h & 0x8000u) << 16);
}

uint toBfloat(float v)
{
    uint bits = floatBitsToUint(v);
    return (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

float fromBfloat(uint h) { return uintBitsToFloat(h << 16); }

// The two numbers of a word, the first in the low bits.
vec2 fromPair(uint word, uint type)
{
    return type == 1u ? uintBitsToFloat(uvec2(word << 16, word & 0xffff0000u)) : vec2(fromHalf(word & 0xffffu), fromHalf(word >> 16));
}

uint toPair(vec2 v, uint type)
{
    return type == 1u ? toBfloat(v.x) | toBfloat(v.y) << 16 : toHalf(v.x) | toHalf(v.y) << 16;
}
#endif
