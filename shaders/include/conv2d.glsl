// conv2d.glsl: the first words of every convolution's push block, in the order of Conv2DExtents.Words.
// Input x (N,H,Width,C), output y (N,P,Q,O), weights (KH,KW,CG,O); strides SH SW, dilation DH DW, rows and columns of padding before x;
// CG and OG channels of x and of y in a group. Pairs share a word, so that no block exceeds what every device takes.
// DEPTH   (Conv3D) x is (N,D,H,Width,C), y (N,F,P,Q,O), weights (KD,KH,KW,CG,O): images are the frames of clips, counted through, and rows of taps
//         those of all KD frames of a window. SD, DD: stride and dilation along the depth; FRONT: frames of padding before x.
#include "divide.glsl"
#ifdef DEPTH
#define CONV2D_DEPTH_ uint D, F, depth, front;
#else
#define CONV2D_DEPTH_
#endif
#define CONV2D_EXTENTS uint H, Width, C, P, Q, O, CG, OG, window, stride, dilation, padding; CONV2D_DEPTH_
#define KH (window >> 16)
#define KW (window & 0xffffu)
#define SH (stride >> 16)
#define SW (stride & 0xffffu)
#define DH (dilation >> 16)
#define DW (dilation & 0xffffu)
#define TOP (padding >> 16)
#define LEFT (padding & 0xffffu)
#ifdef DEPTH
#define KD (depth >> 16)
#define SD (depth & 0xffffu)
#define DD (front >> 16)
#define FRONT (front & 0xffffu)

// Row i of all taps of a window over frame n of y: which row of its frame's taps, and the frame of x that it reads, if there is one.
#define FRAME_OF_X(n, i, there) { uint k_ = i / KH, d_ = n % F * SD + k_ * DD - FRONT; i -= k_ * KH; there = d_ < D; n = n / F * D + d_; }
// The same of frame n of x: the frame of y whose window reads it through row i of its taps.
#define FRAME_OF_Y(n, i, there) { uint k_ = i / KH, d_ = n % D + FRONT, f_ = (d_ - k_ * DD) / SD; i -= k_ * KH; \
    there = d_ >= k_ * DD && f_ < F && f_ * SD == d_ - k_ * DD; n = n / D * F + f_; }
#else
#define FRAME_OF_X(n, i, there)
#define FRAME_OF_Y(n, i, there)
#endif
