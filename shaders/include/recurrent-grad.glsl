// recurrent-grad.glsl: what the gradients of the recurrent cells share: an invocation owns a row for all steps, from the last to the first, and keeps what
// flows into the state before in Dh0. Included after buffers.glsl and before a cell's own function
//   void stepBack(uint n, uint place)     what flows into the projections; what flows into the states before but through W is left in Dh0
//
// Needs   a flow that is not there has any buffer.
#include "recurrent.glsl"
layout(constant_id = 3) const bool INTO_STATES = false;
layout(constant_id = 4) const bool INTO_LAST = false;
layout(constant_id = 5) const bool INTO_LAST_CELL = false;

void stepBack(uint n, uint place);

void main()
{
    uint n = LINEAR_INDEX;
    if (n >= N) return;
    for (uint u = 0u; u < U; ++u) {
        STORE(Dh0, n * U + u, INTO_LAST ? LOAD(DLast, n * U + u) : 0.0);
#ifdef CELL
        STORE(Dc0, n * U + u, INTO_LAST_CELL ? LOAD(DLastCell, n * U + u) : 0.0);
#endif
    }
    for (uint step = T; step-- > 0u;) {
        uint place = n * T + timeOf(step);
        if (INTO_STATES)
            for (uint u = 0u; u < U; ++u) STORE(Dh0, n * U + u, LOAD(Dh0, n * U + u) + LOAD(DStates, place * U + u));
        if (MASKED && LOAD(Mask, place) == 0u) {
            for (uint i = 0u; i < GATES * U; ++i) {
                STORE(DProjections, place * GATES * U + i, 0.0);
#ifdef RECURRENT_FLOW
                if (RECURRENT_FLOW) STORE(DRecurrent, place * GATES * U + i, 0.0);
#endif
            }
        }
        else stepBack(n, place);
    }
}
