#version 450
// Pad.fill: one value everywhere. y[i] = value.
// Shapes  y of count words, any 32-bit type; value holds its bits.
// Grid    1-D, each.glsl, a unit is four words; the last may hold fewer.
// Tune    GROUP, EACH.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint count, value;
#define BUFFERS OUT(uint, Y, 0)
#include "buffers.glsl"
#include "each.glsl"

void main()
{
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uint i = 4u * q;
        if (count - i >= 4u) STORE4(Y, i, uvec4(value));
        else for (; i < count; ++i) STORE(Y, i, value);
    }
}
