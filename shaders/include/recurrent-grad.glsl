// recurrent-grad.glsl: what the gradients of the recurrent cells share: a row's steps from the last to the first, by an invocation or a workgroup (recurrent.glsl).
// What flows into the state before is kept in Dh0, and what flows into the recurrent product, as all units of a row read it, in the flow:
//   KEEP_FLOW(j, v);  FLOW(j)     column j of it, which FLOW_AT(i) loads
// Included after buffers.glsl and before a cell's own function
//   void stepBack(uint n, uint place)     what flows into the projections, and into the states before, which is left in Dh0
//
// Needs   a flow that is not there has any buffer.
#include "recurrent.glsl"
layout(constant_id = 3) const bool INTO_STATES = false;
layout(constant_id = 4) const bool INTO_LAST = false;
layout(constant_id = 5) const bool INTO_LAST_CELL = false;

#if GROUPED
layout(constant_id = 6) const uint UNITS = 1;
shared float flow_[GATES * UNITS];
#define KEEP_FLOW(j, v) flow_[j] = (v)
#define FLOW(j) flow_[j]
#else
#define KEEP_FLOW(j, v)
#define FLOW(j) FLOW_AT(place * GATES * U + (j))
#endif

void stepBack(uint n, uint place);

// Adds what flows through columns `first` to `end` of W to one unit of the state before.
float throughW(uint place, uint k, uint first, uint end)
{
    float sum = 0.0;
    for (uint j = first; j < end; ++j) sum += FLOW(j) * LOAD(W, k * GATES * U + j);
    return sum;
}

void main()
{
    uint n = thisRow();
    if (n >= N) return;
    FOR_UNITS(u) {
        STORE(Dh0, n * U + u, INTO_LAST ? LOAD(DLast, n * U + u) : 0.0);
#ifdef CELL
        STORE(Dc0, n * U + u, INTO_LAST_CELL ? LOAD(DLastCell, n * U + u) : 0.0);
#endif
    }
    for (uint step = T; step-- > 0u;) {
        uint place = n * T + timeOf(step);
        if (INTO_STATES)
            FOR_UNITS(u) STORE(Dh0, n * U + u, LOAD(Dh0, n * U + u) + LOAD(DStates, place * U + u));
        if (MASKED && LOAD(Mask, place) == 0u) {
            FOR_UNITS(u)
                for (uint g = 0u; g < GATES; ++g) {
                    STORE(DProjections, (place * GATES + g) * U + u, 0.0);
#ifdef RECURRENT_FLOW
                    if (RECURRENT_FLOW) STORE(DRecurrent, (place * GATES + g) * U + u, 0.0);
#endif
                }
        }
        else stepBack(n, place);
    }
}
