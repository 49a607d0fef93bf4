// conv2d.glsl: the first words of every convolution's push block, in the order of Conv2DExtents.Words.
// Input x (N,H,Width,C), output y (N,P,Q,O), weights (KH,KW,CG,O); strides SH SW, dilation DH DW, rows and columns of padding before x;
// CG and OG channels of x and of y in a group. Pairs share a word, so that no block exceeds what every device takes.
#include "divide.glsl"
#define CONV2D_EXTENTS uint H, Width, C, P, Q, O, CG, OG, window, stride, dilation, padding;
#define KH (window >> 16)
#define KW (window & 0xffffu)
#define SH (stride >> 16)
#define SW (stride & 0xffffu)
#define DH (dilation >> 16)
#define DW (dilation & 0xffffu)
#define TOP (padding >> 16)
#define LEFT (padding & 0xffffu)
