#version 450
// MatMul, for its lane kernel with K in slices: y[e] = activation(sum over z of part[z][e] + bias[e % columns]), in the order of z.
// Shapes  part: (slices, count) f32; y: count f32.
// Grid    1-D, one invocation for two neighbouring elements, folded onto y past 65,535 workgroups.
// Needs   count even; no subgroups, no barrier.
#define BUFFERS IN(float, Part, 0) IN(float, Bias, 1) OUT(float, Y, 2)
#define PUSH uint count; uint slices; uint columns;
#include "buffers.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool HAS_BIAS = false;
layout(constant_id = 2) const uint ACTIVATION = 0;
layout(constant_id = 3) const uint SLOPE = 0;
#include "epilogue.glsl"

void main()
{
    uint e = 2u * LINEAR_INDEX;
    if (e >= count) return;
    vec2 sum = vec2(0);
    for (uint z = 0; z < slices; ++z) sum += LOAD2(Part, z * count + e);
    if (HAS_BIAS) sum += vec2(LOAD(Bias, e % columns), LOAD(Bias, (e + 1u) % columns));
    STORE2(Y, e, vec2(epilogue(sum.x), epilogue(sum.y)));
}
