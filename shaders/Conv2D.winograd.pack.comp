#version 450
// Conv2D, for its Winograd kernel: weights of a 3x3 window transformed, u = G w G', in panels of 16 columns, with a block of zeros after the last.
//   packed[panel][i][j][t][c] = sum over a, b of G[i][a] G[j][b] w[3 a + b, t, column(panel) + c];  G = 1 0 0, 1/2 1/2 1/2, 1/2 -1/2 1/2, 0 0 1
//   Input gradient (FLIPPED): w[8 - 3 a - b, column(panel) + c, t].  column(panel) = min(16 panel, columns - 16).
// Shapes  w (9, rows, length); forward terms = rows and columns = length, FLIPPED the other way round.
// Grid    x: terms; y: panels and one more, for the zeros. Eight invocations, each of two columns.
// Needs   columns >= 16; no subgroups, no barrier.
#define BUFFERS IN(float, Weights, 0) OUT(float, Packed, 1)
#define PUSH uint terms; uint columns; uint panels;
#include "buffers.glsl"
layout(local_size_x_id = 0) in; // 8
layout(constant_id = 1) const bool FLIPPED = false;

void main()
{
    uint term = gl_WorkGroupID.x, panel = gl_WorkGroupID.y, two = 2u * gl_LocalInvocationID.x;
    if (panel == panels)
    {
        if (term % 16u == 0u) STORE2(Packed, panels * terms * 256u + term + two, vec2(0));
        return;
    }
    uint column = min(panel * 16u, columns - 16u) + two;
    uint from = FLIPPED ? column * terms + term : term * columns + column;
    uint next = FLIPPED ? terms : 1u;
    vec2 g[4][3]; // G w
    [[unroll]] for (uint b = 0; b < 3; ++b)
    {
        vec2 w[3];
        [[unroll]] for (uint a = 0; a < 3; ++a)
        {
            uint at = from + (FLIPPED ? 8u - 3u * a - b : 3u * a + b) * (terms * columns);
            w[a] = vec2(LOAD(Weights, at), LOAD(Weights, at + next));
        }
        g[0][b] = w[0];
        g[1][b] = 0.5 * (w[0] + w[2]) + 0.5 * w[1];
        g[2][b] = 0.5 * (w[0] + w[2]) - 0.5 * w[1];
        g[3][b] = w[2];
    }
    [[unroll]] for (uint i = 0; i < 4; ++i)
    {
        uint at = (panel * 16u + i * 4u) * terms * 16u + term * 16u + two;
        vec2 even = 0.5 * (g[i][0] + g[i][2]), odd = 0.5 * g[i][1];
        STORE2(Packed, at, g[i][0]);
        STORE2(Packed, at + terms * 16u, even + odd);
        STORE2(Packed, at + terms * 32u, even - odd);
        STORE2(Packed, at + terms * 48u, g[i][2]);
    }
}
