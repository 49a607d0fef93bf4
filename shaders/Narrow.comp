#version 450
// Narrow: f32 numbers in 16 bits each, y[i] = x[i] rounded to nearest, ties to even; infinity past what an f16 holds; a NaN stays one.
// Shapes  x of count f32; y of count f16 or bf16, two to a word, the first in the low bits; the half after an odd last one is 0.
// Grid    1-D, each.glsl, a unit is two words of y: no other invocation writes to them. The last may hold fewer than four numbers.
// Tune    GROUP, EACH. TO is the type of y: 1 bf16, 2 f16.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count;
#define BUFFERS IN(float, X, 0) OUT(uint, Y, 1)
#include "buffers.glsl"
#include "each.glsl"
#include "sixteen.glsl"
layout(constant_id = 2) const uint TO = 1;

void main()
{
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uint i = 4u * q;
        if (count - i >= 4u) {
            vec4 x = LOAD4(X, i);
            STORE2(Y, 2u * q, uvec2(toPair(x.xy, TO), toPair(x.zw, TO)));
        } else {
            STORE(Y, 2u * q, toPair(vec2(LOAD(X, i), i + 1u < count ? LOAD(X, i + 1u) : 0.0), TO));
            if (i + 2u < count) STORE(Y, 2u * q + 1u, toPair(vec2(LOAD(X, i + 2u), 0.0), TO));
        }
    }
}
