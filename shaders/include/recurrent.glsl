// recurrent.glsl: what the recurrent cells and their gradients share. N rows of a batch, T steps, U units; a place is n * T + t.
//   Included after buffers.glsl, whose PUSH has N, T, U.
#include "math.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool REVERSE = false; // time runs from the last place to the first
layout(constant_id = 2) const bool MASKED = false;  // Mask holds words: where one is 0 the step is skipped

// The place in a row of the step that is done as number `step`.
uint timeOf(uint step) { return REVERSE ? T - 1u - step : step; }

// Slopes from the values: near the ends both factors are exact differences.
float tanhSlope(float y) { return (1.0 - y) * (1.0 + y); }
float sigmoidSlope(float y) { return y * (1.0 - y); }
