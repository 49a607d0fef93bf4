#version 450
// AdamUpdate: m += (g - m) keep1; v += (g^2 - v) keep2; Keras: w -= rate sqrt(c2) / c1 m / (sqrt(v) + epsilon);
//   PyTorch: w -= rate / c1 m / (sqrt(v) / sqrt(c2) + epsilon). With decay, rate decay w is taken off w first.
// Slots   m, v. Scalars: rate, c1, c2. keep1 = 1 - beta1, keep2 = 1 - beta2.
// The rest is in update.glsl.
#extension GL_GOOGLE_include_directive : require
#define SLOTS 2
#define SCALARS 3
#define SETTINGS float keep1, keep2, epsilon, decay; uint isKeras;
#include "update.glsl"

void update(inout VALUE w, VALUE g, inout VALUE m, inout VALUE v, inout VALUE none)
{
    w -= scalar0 * decay * w;
    m += (g - m) * keep1;
    v += (g * g - v) * keep2;
    // Both forms as rate' m / (sqrt(v) * spread + epsilon).
    float c2 = sqrt(scalar2), rate = scalar0 / scalar1 * (isKeras != 0u ? c2 : 1.0), spread = isKeras != 0u ? 1.0 : 1.0 / c2;
    w -= rate * m / (sqrt(v) * spread + epsilon);
}
