// epilogue.glsl: what a product or convolution does to a sum, its bias added, before it is stored. The same functions as elementwise ops
// use, so fusing changes no bit of them.
// Needs   constants ACTIVATION (the number of ActivationKind) and SLOPE (the bits of a float), declared before.
#include "math.glsl"

float epilogue(float v)
{
    switch (ACTIVATION) {
        case 0u: return v;
        case 1u: return reluF(v);
        case 2u: return v < 0.0 ? uintBitsToFloat(SLOPE) * v : v;
        case 3u: return tanhF(v);
        case 4u: return sigmoidF(v);
        case 5u: return siluF(v);
        default: return v < 0.0 ? uintBitsToFloat(SLOPE) * expm1F(v) : v;
    }
}

vec4 epilogue(vec4 v) { return vec4(epilogue(v.x), epilogue(v.y), epilogue(v.z), epilogue(v.w)); }
