// winner.glsl: which cell of X wins a pooling window. Included after pool.glsl.
// Ties    the first in row-major order; a NaN wins, the first of them (tested on bits: a compiler may assume there are none).
#include "math.glsl"

uint winnerOf(Window o, out float best)
{
    uint won = cellAt(o, o.top, o.left);
    best = LOAD(X, won);
    for (uint h = o.top; h < o.bottom; ++h)
        for (uint w = o.left; w < o.right; ++w) {
            uint cell = cellAt(o, h, w);
            float v = LOAD(X, cell);
            if (!isNaN(best) && (v > best || isNaN(v))) { best = v; won = cell; }
        }
    return won;
}
