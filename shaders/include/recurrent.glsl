// recurrent.glsl: what the recurrent cells and their gradients share. N rows of a batch, T steps, U units; a place is n * T + t.
//   Included after buffers.glsl, whose PUSH has N, T, U.
//   walk    (GROUPED 0) an invocation for each row, for all steps: it reads no state but its own, so meeting costs nothing. Best for processors.
//   group   (GROUPED 1) a workgroup for each row, whose lanes share the units and meet after each step; what all read of a row lies in shared
//           memory. For GPUs.
//
//   uint n = thisRow();  if (n >= N) return;
//   FOR_UNITS(u) ...        this lane's share of the units, always the same one, so that it may read back what it stored of them
//   MEET;                   every invocation of a row comes here
#include "math.glsl"
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 0) const uint GROUP = 64;
layout(constant_id = 1) const bool REVERSE = false; // time runs from the last place to the first
layout(constant_id = 2) const bool MASKED = false;  // Mask holds words: where one is 0 the step is skipped

// The place in a row of the step that is done as number `step`.
uint timeOf(uint step) { return REVERSE ? T - 1u - step : step; }

// Slopes from the values: near the ends both factors are exact differences.
float tanhSlope(float y) { return (1.0 - y) * (1.0 + y); }
float sigmoidSlope(float y) { return y * (1.0 - y); }

#if GROUPED
#define FOR_UNITS(u) for (uint u = gl_LocalInvocationID.x; u < U; u += GROUP)
#define MEET barrier()
uint thisRow() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }
#else
#define FOR_UNITS(u) for (uint u = 0u; u < U; ++u)
#define MEET
uint thisRow() { return LINEAR_INDEX; }
#endif
