#version 450
// Conv2D, for its lane kernel: lays weights out as panels of 16 columns, packed[panel][tap * terms + t][c], with a block of zeros after the last.
//   Forward: packed = w[tap, t, column(panel) + c].  Input gradient (FLIPPED): packed = w[taps from lastTap on backwards, column(panel) + c, t]: what flows back
//   through tap (i,j) comes from the other side of the window; tapsW of a row, tapStep apart, rows of them rowStep apart.  column(panel) = min(16 panel, columns - 16): the last panel overlaps its neighbour.
// Shapes  w (taps, rows, length); forward terms = rows and columns = length, FLIPPED the other way round.
// Phases  z is a phase of several that differ by where they start: its last tap is lastRow and lastColumn further on with each row and column of phases, phasesW a row.
// Grid    x: taps; y: panels and one more, for the zeros; z: phases, `words` apart. Eight invocations, each of two columns.
// Needs   columns >= 16; no subgroups, no barrier.
#define BUFFERS IN(float, Weights, 0) OUT(float, Packed, 1)
#define PUSH uint taps; uint terms; uint columns; uint panels; uint tapsW; uint lastTap; uint rowStep; uint tapStep; uint phasesW; uint lastRow; uint lastColumn; uint words;
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 8
layout(constant_id = 1) const bool FLIPPED = false;

void main()
{
    uint tap = gl_WorkGroupID.x, panel = gl_WorkGroupID.y, phase = gl_WorkGroupID.z, two = 2u * gl_LocalInvocationID.x;
    uint last = lastTap + phase / phasesW * lastRow + phase % phasesW * lastColumn, start = phase * words;
    if (panel == panels)
    {
        if (tap == 0u)
            for (uint t = 0; t < terms; t += 16u) STORE2(Packed, start + panels * taps * terms * 16u + t + two, vec2(0));
        return;
    }
    uint column = min(panel * 16u, columns - 16u) + two, packed = start + (panel * taps + tap) * terms * 16u + two;
    uint from = FLIPPED ? ((last - tap / tapsW * rowStep - tap % tapsW * tapStep) * columns + column) * terms : tap * terms * columns + column;
    uint step = FLIPPED ? 1u : columns, next = FLIPPED ? terms : 1u;
    for (uint t = 0; t < terms; ++t, from += step) STORE2(Packed, packed + t * 16u, vec2(LOAD(Weights, from), LOAD(Weights, from + next)));
}
