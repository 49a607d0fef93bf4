#version 450
// Conv2DWeightGradient, last step: dw and db are the sums over slices of the parts that the first step left, in the slices' order.
// Shapes  part (slices, weights + outputs), dw (weights), db (outputs), all f32. Without db, any buffer is bound in its place and outputs = 0.
// Grid    1-D, one invocation per element of dw and db; neighbouring lanes read neighbouring elements.
#define BUFFERS IN(float, Part, 0) OUT(float, DW, 1) OUT(float, DB, 2)
#define PUSH uint size, weights, slices;
#include "buffers.glsl"
layout(local_size_x_id = 0) in;  // GROUP

void main()
{
    uint e = LINEAR_INDEX;
    if (e >= size) return;
    float sum = 0.0;
    for (uint slice = 0; slice < slices; ++slice) sum += LOAD(Part, slice * size + e);
    if (e < weights) STORE(DW, e, sum);
    else STORE(DB, e - weights, sum);
}
