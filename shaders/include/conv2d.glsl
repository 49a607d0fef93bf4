// conv2d.glsl: the first words of every convolution's push block, in the order of Conv2DExtents.Words.
// Input x (N,H,Width,C), output y (N,P,Q,O), weights (KH,KW,CG,O); strides SH SW, dilation DH DW, rows and columns of padding before x;
// channels of x and of y in a group.
#include "divide.glsl"
#define CONV2D_EXTENTS uint H, Width, C, P, Q, O, KH, KW, SH, SW, DH, DW, top, left, CG, OG;
