#ifndef FORGE_MATH
#define FORGE_MATH
// math.glsl: functions of one or two numbers for Elementwise.comp and for every kernel that needs them. The same on all drivers.
//
//   NaN is honest: it is tested on bits, because a compiler may assume that there is none and drivers lose it in max() and clamp().
//   exp, log, tanh, erf, pow, sin and cos are Forge's own: GLSL allows its built-in ones to be wrong by far more than rounding
//   (log by 2^-21 near 1, sin by 2^-11), and each driver is wrong in its own way.
//   Worst errors over every 97th float, against fp64: expF 7.8e-8, logF 8.0e-8, log1pF 1.4e-7, expm1F 2.3e-7, tanhF 1.4e-7,
//   sigmoidF 2.1e-7, softplusF 1.8e-7, erfF 1.9e-7 relative; sinCosTurns 8.7e-8 absolute.
//   16-bit floats are in sixteen.glsl.
//   Polynomials are Chebyshev interpolants on the interval named, in Horner form. `precise` keeps a compiler from undoing the
//   two-part constants.

#include "sixteen.glsl"

bool isNaN(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }
bool isFinite(float v) { return (floatBitsToUint(v) & 0x7f800000u) != 0x7f800000u; }

// A NaN on either side wins.
float maxNaN(float a, float b) { return isNaN(a) ? a : isNaN(b) ? b : a > b ? a : b; }
float minNaN(float a, float b) { return isNaN(a) ? a : isNaN(b) ? b : a < b ? a : b; }
float clipF(float a, float low, float high) { return isNaN(a) ? a : a < low ? low : a > high ? high : a; }

// Negative numbers, -0 and -inf among them, have the bits 0x80000000..0xff800000: one test, and a NaN passes through.
float reluF(float a) { return floatBitsToUint(a) - 0x80000000u <= 0x7f800000u ? 0.0 : a; }
float signF(float a) { return isNaN(a) ? a : a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : 0.0; }

// Casts: truncated, then clamped to what the type holds; a NaN gives 0.
int toInt(float a) { return isNaN(a) ? 0 : a >= 2147483648.0 ? 0x7fffffff : a <= -2147483648.0 ? -0x7fffffff - 1 : int(a); }
int toInt(uint a) { return a > 0x7fffffffu ? 0x7fffffff : int(a); }
int toInt(int a) { return a; }
uint toUint(float a) { return isNaN(a) || a <= 0.0 ? 0u : a >= 4294967296.0 ? 0xffffffffu : uint(a); }
uint toUint(int a) { return a < 0 ? 0u : uint(a); }
uint toUint(uint a) { return a; }

// 2^n for integers -126 <= n <= 127.
float exp2i(int n) { return uintBitsToFloat(uint(n + 127) << 23); }

// e^x: x = n ln 2 + r, |r| <= ln 2 / 2; e^r = 1 + r + r^2 P(r). The scale is applied in halves, so that the ends neither overflow early nor vanish.
float expF(float x)
{
    float t = x > 89.0 ? 89.0 : x < -104.0 ? -104.0 : x;
    float n = floor(t * 1.44269504 + 0.5);
    precise float r = t - n * 0.693359375;
    r = r + n * 2.12194440e-4;
    float p = 1.98910805e-4;
    p = p * r + 1.39337307e-3;
    p = p * r + 8.33331084e-3;
    p = p * r + 4.16664642e-2;
    p = p * r + 1.66666667e-1;
    p = p * r + 5.0e-1;
    precise float y = r * r * p + r;
    y = y + 1.0;
    int whole = int(n), low = whole >> 1;
    return isNaN(x) ? x : y * exp2i(low) * exp2i(whole - low);
}

// e^x - 1: the polynomial of expF near 0, where the 1 would swallow the result.
float expm1F(float x)
{
    float p = 1.98910805e-4;
    p = p * x + 1.39337307e-3;
    p = p * x + 8.33331084e-3;
    p = p * x + 4.16664642e-2;
    p = p * x + 1.66666667e-1;
    p = p * x + 5.0e-1;
    return abs(x) < 0.34 ? x * x * p + x : expF(x) - 1.0;
}

// log x: x = 2^e m, sqrt(1/2) <= m < sqrt(2), f = m - 1; log m = f - f^2/2 + f^3 P(f).
float logF(float x)
{
    int bits = floatBitsToInt(x);
    int e = (bits - 0x3f3504f3) >> 23;
    float f = intBitsToFloat(bits - (e << 23)) - 1.0, n = float(e);
    float p = 6.97161144e-2;
    p = p * f - 1.14797338e-1;
    p = p * f + 1.16854199e-1;
    p = p * f - 1.24256873e-1;
    p = p * f + 1.42490577e-1;
    p = p * f - 1.66678023e-1;
    p = p * f + 2.00007157e-1;
    p = p * f - 2.49999970e-1;
    p = p * f + 3.33333312e-1;
    precise float y = f * f * f * p;
    y = y - n * 2.12194440e-4;
    y = y - 0.5 * f * f;
    y = f + y;
    y = y + n * 0.693359375;
    uint u = floatBitsToUint(x);
    return (u & 0x7fffffffu) < 0x00800000u ? uintBitsToFloat(0xff800000u) // log 0 = -inf; a denormal is 0, on every driver
        : u > 0x80000000u ? uintBitsToFloat(0x7fc00000u)                // log of a negative number, or of a NaN
        : u >= 0x7f800000u ? x : y;                                     // log inf = inf; NaN stays
}

// log(1 + x), x > -1: the rounding error of 1 + x is put back.
float log1pF(float x)
{
    precise float u = 1.0 + x;
    precise float lost = x - (u - 1.0);
    return isFinite(u) ? logF(u) + lost / u : u;
}

float tanhF(float x)
{
    float a = abs(x), t = x * x;
    float p = 2.29274494e-3;
    p = p * t - 8.34394566e-3;
    p = p * t + 2.17689187e-2;
    p = p * t - 5.39592596e-2;
    p = p * t + 1.33333036e-1;
    p = p * t - 3.33333332e-1;
    float far = 1.0 - 2.0 / (expF(2.0 * a) + 1.0);
    return a < 0.625 ? x * t * p + x : x < 0.0 ? -far : far;
}

float sigmoidF(float x)
{
    float e = expF(-abs(x)), s = 1.0 / (1.0 + e);
    return x < 0.0 ? e * s : s;
}

float softplusF(float x) { return reluF(x) + log1pF(expF(-abs(x))); }

// e^(z^2) erfc(z) for z >= 0.9, as a polynomial in w = 1 / (2 + z), times w.
float erfcScaled(float z)
{
    float w = 1.0 / (2.0 + z);
    float p = 24.0452505;
    p = p * w - 29.2630963;
    p = p * w + 5.5449765;
    p = p * w + 1.83748199;
    p = p * w + 2.88716768;
    p = p * w + 1.97227943;
    p = p * w + 1.12838582;
    p = p * w + 0.56419079;
    return p * w;
}

// e^(-z^2), with the rounding error of z^2 put back.
float expMinusSquare(float z)
{
    precise float high = uintBitsToFloat(floatBitsToUint(z) & 0xfffff000u);
    precise float low = z - high;
    return expF(-high * high) * expF(-low * (z + high));
}

// Series in x^2 near 0, else by the complement.
float erfSmall(float x)
{
    float t = x * x;
    float p = -9.66704447e-6;
    p = p * t + 1.12659590e-4;
    p = p * t - 8.48408040e-4;
    p = p * t + 5.22103181e-3;
    p = p * t - 2.68654307e-2;
    p = p * t + 1.12837825e-1;
    p = p * t - 3.76126385e-1;
    p = p * t + 1.12837917;
    return x * p;
}

float erfF(float x)
{
    float a = abs(x), z = a > 4.0 ? 4.0 : a < 0.9 ? 0.9 : a;     // erf 4 is 1 in f32
    float far = 1.0 - erfcScaled(z) * expMinusSquare(z);
    return isNaN(x) ? x : a < 1.0 ? erfSmall(x) : x < 0.0 ? -far : far;
}

// The normal distribution function: accurate in its lower tail, where (1 + erf) / 2 would cancel.
float normalCdf(float x)
{
    float s = x * 0.707106781, a = abs(s), z = a > 10.0 ? 10.0 : a < 0.9 ? 0.9 : a;
    float tail = 0.5 * erfcScaled(z) * expMinusSquare(z);
    return isNaN(x) ? x : a < 1.0 ? 0.5 + 0.5 * erfSmall(s) : x < 0.0 ? tail : 1.0 - tail;
}

float geluErf(float x) { return x < -14.0 ? 0.0 : x * normalCdf(x); }
float geluErfSlope(float x) { return normalCdf(x) + (abs(x) > 14.0 ? 0.0 : x * 0.398942280 * expF(-0.5 * x * x)); }

// 1/2 (1 + tanh u) = sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3): no cancellation for negative x.
float geluTanh(float x)
{
    float s = sigmoidF(1.59576912 * (x + 0.044715 * x * x * x));
    return s == 0.0 ? 0.0 : x * s;
}
float geluTanhSlope(float x)
{
    float s = sigmoidF(1.59576912 * (x + 0.044715 * x * x * x)), ds = s * (1.0 - s);
    return ds == 0.0 ? s : s + x * ds * 1.59576912 * (1.0 + 0.134145 * x * x);
}
float siluF(float x)
{
    float s = sigmoidF(x);
    return s == 0.0 ? 0.0 : x * s;
}
float siluSlope(float x)
{
    float s = sigmoidF(x), ds = s * (1.0 - s);
    return ds == 0.0 ? s : s + x * ds;
}

// a^b. x^0 is 1; a negative base needs an integer exponent.
float powF(float a, float b)
{
    float y = expF(b * logF(abs(a))), half_ = 0.5 * b;
    bool odd = floor(b) == b && floor(half_) != half_;
    float signed_ = a < 0.0 ? (floor(b) == b ? (odd ? -y : y) : uintBitsToFloat(0x7fc00000u)) : y;
    return b == 0.0 ? 1.0 : isNaN(a) ? a : isNaN(b) ? b : signed_;
}

// sin and cos of 2 pi u, 0 <= u <= 1, as (sin, cos): by quarter turns, |r| <= 1/2 of one.
vec2 sinCosTurns(float u)
{
    float q = floor(4.0 * u + 0.5), r = 4.0 * u - q, t = r * r;
    float s = 1.58206300e-4;
    s = s * t - 4.68126625e-3;
    s = s * t + 7.96925827e-2;
    s = s * t - 6.45964096e-1;
    s = (s * t + 1.57079633) * r;
    float c = -2.48509621e-5;
    c = c * t + 9.19161735e-4;
    c = c * t - 2.08634680e-2;
    c = c * t + 2.53669507e-1;
    c = c * t - 1.23370055;
    c = c * t + 1.0;
    uint quarter = uint(q) & 3u;
    vec2 turned = (quarter & 1u) == 0u ? vec2(s, c) : vec2(c, -s);
    return (quarter & 2u) == 0u ? turned : -turned;
}
#endif
