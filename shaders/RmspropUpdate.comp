#version 450
// RmspropUpdate: s = rho s + (1 - rho) g^2, d = s; centred (CENTERED 1) a = rho a + (1 - rho) g, d = max(s - a^2, 0).
//   Keras: u = rate g / sqrt(d + epsilon); w -= u, or with momentum (MOMENTUM 1) v = mu v + u; w -= v.
//   PyTorch: u = g / (sqrt(d) + epsilon); w -= rate u, or with momentum v = mu v + u; w -= rate v.
//   Decay: Keras takes rate decay w off w first, PyTorch adds decay w to g.
// Slots   s, then a when centred, then v with momentum. Scalars: rate. keep = 1 - rho.
// The rest is in update.glsl.
#extension GL_GOOGLE_include_directive : require
#define SCALARS 1
#define SETTINGS float rho, keep, momentum, epsilon, decay; uint isKeras;
#include "update.glsl"

void update(inout VALUE w, VALUE g, inout VALUE s, inout VALUE s1, inout VALUE s2)
{
    float rate = scalar0;
    VALUE decayed = decay * w;
    if (isKeras != 0u) w -= rate * decayed;
    else g += decayed;
    s = rho * s + keep * g * g;
    VALUE spread = s;
#if CENTERED
    s1 = rho * s1 + keep * g;
    spread -= s1 * s1;
    spread = mix(spread, VALUE(0.0), lessThan(spread, VALUE(0.0))); // a NaN stays
#endif
    VALUE step_ = isKeras != 0u ? rate * g / sqrt(spread + epsilon) : g / (sqrt(spread) + epsilon);
#if MOMENTUM && CENTERED
    step_ = s2 = momentum * s2 + step_;
#elif MOMENTUM
    step_ = s1 = momentum * s1 + step_;
#endif
    w -= isKeras != 0u ? step_ : rate * step_;
}
