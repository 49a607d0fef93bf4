#version 450
// Conv2D, for Conv2D.dots.lane.comp: lays weights out with eight channels side by side, packed[panel][tap][v][o][l], and zeros after the last.
//   A vector v of a tap holds channels c = 8 v + l, but the last starts SKIP = 8 vectors - CG early; lanes that a vector before it has are 0.
//   Forward: packed = w[tap, c, first + o], first the panel's first output.
//   Input gradient (FLIPPED): packed = w[taps from lastTap on backwards, first - g OG + o, g CG + c]: what flows back through a tap comes from the other
//   side; tapsW of a row, tapStep apart, rows of them rowStep apart.
// Shapes  forward w (taps, CG, OUTPUTS); FLIPPED w (taps, OG, CHANNELS), where x is dy: CHANNELS = groups * CG.
// Grid    1-D, an invocation for each vector of eight: count of weights, and zeros up to all.
#define BUFFERS IN(float, Weights, 0) OUT(float, Packed, 1)
#define PUSH uint count; uint all; uint taps; uint vectors; uint outs; uint panels; uint CG; uint OG; uint groups; uint tapsW; uint lastTap; uint rowStep; uint tapStep;
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // GROUP
layout(constant_id = 1) const bool FLIPPED = false;

void main()
{
    uint i = LINEAR_INDEX;
    if (i >= all) return;
    if (i >= count)
    {
        for (uint l = 0; l < 8u; ++l) STORE(Packed, 8u * i + l, 0.0);
        return;
    }
    uint o = i % outs, v = i / outs % vectors, tap = i / (outs * vectors) % taps, panel = i / (outs * vectors * taps);
    uint group = panel / panels, output_ = min(panel % panels * outs, OG - outs) + o; // panels of a group
    uint start = min(8u * v, CG - 8u), skip = 8u * v - start;
    uint from = FLIPPED ? ((lastTap - tap / tapsW * rowStep - tap % tapsW * tapStep) * OG + output_) * (groups * CG) + group * CG + start : (tap * CG + start) * (groups * OG) + group * OG + output_;
    uint step = FLIPPED ? 1u : groups * OG;
    for (uint l = 0; l < 8u; ++l) STORE(Packed, 8u * i + l, l < skip ? 0.0 : LOAD(Weights, from + l * step));
}
