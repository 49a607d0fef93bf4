#version 450
// Dropout: y_i = scale x_i where the upper 24 bits of random word i are at least the threshold, else 0.
// Shapes  x, y of count f32; seed low, seed high, step () u32.
// Source  philox.glsl: words as RandomBits of the same stream makes them. No mask is stored.
// Alias   y may be x: each element is read before its place is written.
// Grid    1-D, each.glsl, a unit is a block of four elements; the last may hold fewer.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count, stream, threshold; float scale;
#define BUFFERS IN(float, X, 0) IN(uint, SeedLow, 1) IN(uint, SeedHigh, 2) IN(uint, Step, 3) OUT(float, Y, 4)
#include "buffers.glsl"
#include "each.glsl"
#include "philox.glsl"

void main()
{
    uvec2 seed = uvec2(LOAD(SeedLow, 0u), LOAD(SeedHigh, 0u));
    uint step_ = LOAD(Step, 0u);
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uvec4 words = graphRandom(q, stream, step_, seed) >> 8;
        uint i = 4u * q;
        if (count - i >= 4u) {
            vec4 x = LOAD4(X, i) * scale; // a dropped NaN is gone: the choice is made on words, not by a product
            STORE4(Y, i, mix(vec4(0.0), x, greaterThanEqual(words, uvec4(threshold))));
        } else for (uint k = 0u; i + k < count; ++k) {
            float x = LOAD(X, i + k) * scale;
            STORE(Y, i + k, (k == 0u ? words.x : k == 1u ? words.y : words.z) >= threshold ? x : 0.0);
        }
    }
}
