#version 450
// Widen: 16-bit numbers as f32, y[i] = x[i], exactly.
// Shapes  x of count f16 or bf16, two to a word, the first in the low bits; y of count f32.
// Grid    1-D, each.glsl, a unit is two words of x; the last may hold fewer than four numbers.
// Tune    GROUP, EACH. FROM is the type of x: 1 bf16, 2 f16.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count;
#define BUFFERS IN(uint, X, 0) OUT(float, Y, 1)
#include "buffers.glsl"
#include "each.glsl"
#include "sixteen.glsl"
layout(constant_id = 2) const uint FROM = 1;

void main()
{
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uint i = 4u * q;
        if (count - i >= 4u) {
            uvec2 words = LOAD2(X, 2u * q);
            STORE4(Y, i, vec4(fromPair(words.x, FROM), fromPair(words.y, FROM)));
        } else {
            vec2 pair = fromPair(LOAD(X, 2u * q), FROM);
            STORE(Y, i, pair.x);
            if (i + 1u < count) STORE(Y, i + 1u, pair.y);
            if (i + 2u < count) STORE(Y, i + 2u, fromPair(LOAD(X, 2u * q + 1u), FROM).x);
        }
    }
}
