// operands.glsl: the two factors of a product, f32 or two 16-bit floats to a word, read as f32. Factors are declared IN(uint, ...).
//
//   layout(constant_id = n) const uint OPERANDS = 0;      // 0 f32, 1 bf16, 2 f16 (Kernels/OperandConstant.cs)
//   #include "operands.glsl"
//   OPERAND_LOADS(A)
//   FACTOR(A, i)     element i          FACTOR4(A, i)    elements i..i+3; i a multiple of 4, all of them in range
#include "sixteen.glsl"
#define OPERAND_LOADS(name) \
    float factor1_##name(uint i) \
    { \
        if (OPERANDS == 0u) return uintBitsToFloat(LOAD(name, i)); \
        uint word = LOAD(name, i >> 1); \
        return fromPair((i & 1u) == 0u ? word : word >> 16, OPERANDS).x; \
    } \
    vec4 factor4_##name(uint i) \
    { \
        if (OPERANDS == 0u) return uintBitsToFloat(LOAD4(name, i)); \
        uvec2 words = LOAD2(name, i >> 1); \
        return vec4(fromPair(words.x, OPERANDS), fromPair(words.y, OPERANDS)); \
    }
#define FACTOR(name, i) factor1_##name(i)
#define FACTOR4(name, i) factor4_##name(i)
