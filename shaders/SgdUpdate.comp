#version 450
// SgdUpdate: without momentum w -= rate g. With it (SLOTS 1), Keras: v = mu v - rate g, w += v, or with Nesterov mu v - rate g;
//   PyTorch: v = mu v + g, w -= rate v, or with Nesterov rate (g + mu v). Decay: Keras takes rate decay w off w first, PyTorch adds decay w to g.
// Slots   v, with momentum. Scalars: rate.
// The rest is in update.glsl.
#extension GL_GOOGLE_include_directive : require
#define SCALARS 1
#define SETTINGS float momentum, decay; uint isKeras, isNesterov;
#include "update.glsl"

void update(inout VALUE w, VALUE g, inout VALUE v, inout VALUE none1, inout VALUE none2)
{
    float rate = scalar0;
    VALUE decayed = decay * w;
    if (isKeras != 0u) w -= rate * decayed;
    else g += decayed;
    VALUE step_ = rate * g; // taken off w; Keras's velocity is of such steps, PyTorch's of gradients
#if SLOTS
    v = isKeras != 0u ? momentum * v - step_ : momentum * v + g;
    VALUE ahead = isNesterov != 0u ? (isKeras != 0u ? momentum * v - step_ : momentum * v + g) : v;
    w += isKeras != 0u ? ahead : -rate * ahead;
#else
    w -= step_;
#endif
}
