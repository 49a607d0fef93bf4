// reduce.glsl: how the reductions (reduce-walk.glsl, reduce-tree.glsl, reduce-lane.glsl) combine elements.
//   COMBINE  0 sum, 1 maximum, 2 minimum; SQUARE 1: of the elements' squares. Macros, so that nothing is left of them in the loops on any
//            driver.
// NaN      wins in a maximum and a minimum: tested on bits, because a compiler may assume there are none. mix() chooses without a branch.
#ifndef FORGE_MATH // math.glsl has it too
bool isNaN(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }
#endif

#if COMBINE == 0
float first() { return 0.0; }
float combine(float sofar, float v) { return sofar + v; }
vec4 combine(vec4 sofar, vec4 v) { return sofar + v; }
#else
#if COMBINE == 1
float first() { return uintBitsToFloat(0xff800000u); }
float combine(float sofar, float v) { return mix(mix(sofar, v, v > sofar), v, isNaN(v)); }
#else
float first() { return uintBitsToFloat(0x7f800000u); }
float combine(float sofar, float v) { return mix(mix(sofar, v, v < sofar), v, isNaN(v)); }
#endif
vec4 combine(vec4 sofar, vec4 v)
{
    return vec4(combine(sofar.x, v.x), combine(sofar.y, v.y), combine(sofar.z, v.z), combine(sofar.w, v.w));
}
#endif
float combine(vec4 v) { return combine(combine(v.x, v.y), combine(v.z, v.w)); }

#if SQUARE
#define ELEMENT(v) square(v)
#else
#define ELEMENT(v) (v)
#endif
float square(float v) { return v * v; }
vec4 square(vec4 v) { return v * v; }
