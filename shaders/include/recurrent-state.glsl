// recurrent-state.glsl: the state that a cell's step begins with, as all units of a row read it. Included after recurrent.glsl, in a function with n and
// `before`, the place of the step before.
//   KEEP(step, u, h);       unit u of the state that step `step` begins with; MEET before it is read
//   BEFORE(step, k)         unit k of it
#if GROUPED
layout(constant_id = 3) const uint UNITS = 1;
shared float kept_[2u * UNITS]; // of even steps, of odd steps
#define KEEP(step, u, h) kept_[((step) & 1u) * UNITS + (u)] = (h)
#define BEFORE(step, k) kept_[((step) & 1u) * UNITS + (k)]
#else
#define KEEP(step, u, h)
#define BEFORE(step, k) ((step) == 0u ? LOAD(H0, n * U + (k)) : LOAD(States, before * U + (k)))
#endif
