// each.glsl: an invocation takes EACH units (elements or wide words), a workgroup's width apart, so that lanes always touch neighbours.
// The host makes the grid with EachUnit (Kernels/EachUnit.cs). A processor pays for every invocation, a GPU hides latency with many: EACH is tuned.
//
//   FOR_EACH_UNIT(i, units) STORE(Y, i, LOAD(X, i));    // included after buffers.glsl
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 1) const uint EACH = 1;
#define FOR_EACH_UNIT(i, units) \
    for (uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * EACH * gl_WorkGroupSize.x + gl_LocalInvocationID.x, left_ = EACH; \
         left_ > 0u && i < (units); i += gl_WorkGroupSize.x, --left_)
