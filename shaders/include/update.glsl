// update.glsl: an optimizer's step over flat tensors: buffers and main(). The op's shader defines, before this include:
//   SLOTS (0 to 3)    tensors of state        SCALARS (1 or 3)    scalars before the gradient's scale       SETTINGS    push words after the count
// and after it the function update(), which may read scalar0 .. scalar2. LANES (a macro) chooses between two forms of one source:
//   0  portable: a unit is four elements; the last may hold fewer. Grid 1-D, each.glsl. Tune GROUP, EACH.
//   1  lane: a subgroup of eight takes UNITS runs of sixteen elements, straight-line code, uniform addresses (lane-words.glsl); count a multiple
//      of 16, at most 32768 workgroups. Runs past the end store into Spare, of a workgroup's elements. Tune SUBGROUPS, UNITS.
//
// Shapes  w, g, slots of count f32; scalars and scale () f32; finite () u32. Outputs: w and the slots.
// Finite  where the flag is 0 the outputs are the inputs, whatever g holds.
// Alias   an output may be w, g or a slot: each element is read before its place is written.
#define PUSH uint count; SETTINGS
#define SLOT_IN_0
#define SLOT_IN_1 IN(float, S0, 2)
#define SLOT_IN_2 SLOT_IN_1 IN(float, S1, 3)
#define SLOT_IN_3 SLOT_IN_2 IN(float, S2, 4)
#define SLOT_OUT_0
#define SLOT_OUT_1 OUT(float, NewS0, 5 + SLOTS + SCALARS)
#define SLOT_OUT_2 SLOT_OUT_1 OUT(float, NewS1, 6 + SLOTS + SCALARS)
#define SLOT_OUT_3 SLOT_OUT_2 OUT(float, NewS2, 7 + SLOTS + SCALARS)
#define SCALAR_1 IN(float, Scalar0, 2 + SLOTS)
#define SCALAR_3 SCALAR_1 IN(float, Scalar1, 3 + SLOTS) IN(float, Scalar2, 4 + SLOTS)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define BUFFERS IN(float, W, 0) IN(float, G, 1) JOIN(SLOT_IN_, SLOTS) JOIN(SCALAR_, SCALARS) \
    IN(float, Scale, 2 + SLOTS + SCALARS) IN(uint, Finite, 3 + SLOTS + SCALARS) OUT(float, NewW, 4 + SLOTS + SCALARS) JOIN(SLOT_OUT_, SLOTS) SPARE
#if LANES
#define INT64
#define VALUE vec2 // of vectors of eight: elements l and 8 + l of a run
#define CHOICE bvec2
#define SPARE OUT(float, Spare, 5 + 2 * SLOTS + SCALARS)
#else
#define VALUE vec4
#define CHOICE bvec4
#define SPARE
#endif
#include "buffers.glsl"

// Updates w and the slots that there are; g is the scaled gradient.
void update(inout VALUE w, VALUE g, inout VALUE s0, inout VALUE s1, inout VALUE s2);

float scalar0, scalar1, scalar2, scale_;
bool finite_;

void readScalars()
{
    scalar0 = LOAD(Scalar0, 0u);
#if SCALARS > 1
    scalar1 = LOAD(Scalar1, 0u);
    scalar2 = LOAD(Scalar2, 0u);
#endif
    scale_ = LOAD(Scale, 0u);
    finite_ = LOAD(Finite, 0u) != 0u;
}

#if SLOTS > 0
#define IF_0(x) x
#else
#define IF_0(x)
#endif
#if SLOTS > 1
#define IF_1(x) x
#else
#define IF_1(x)
#endif
#if SLOTS > 2
#define IF_2(x) x
#else
#define IF_2(x)
#endif

// Reads, updates and writes one unit at i; the old values stay where the flag is 0.
#define STEP(READ, WRITE, i) { \
    VALUE w = READ(W, i), s0 = VALUE(0.0), s1 = VALUE(0.0), s2 = VALUE(0.0); \
    IF_0(s0 = READ(S0, i);) IF_1(s1 = READ(S1, i);) IF_2(s2 = READ(S2, i);) \
    VALUE oldW = w, old0 = s0, old1 = s1, old2 = s2; \
    update(w, READ(G, i) * scale_, s0, s1, s2); \
    WRITE(NewW, i, mix(oldW, w, CHOICE(finite_))) \
    IF_0(WRITE(NewS0, i, mix(old0, s0, CHOICE(finite_)))) \
    IF_1(WRITE(NewS1, i, mix(old1, s1, CHOICE(finite_)))) \
    IF_2(WRITE(NewS2, i, mix(old2, s2, CHOICE(finite_)))) }

#if LANES
#include "lane-words.glsl"
layout(local_size_x_id = 0) in; // 8 * SUBGROUPS
layout(constant_id = 1) const uint SUBGROUPS = 8;
layout(constant_id = 2) const uint UNITS = 4;
#define AT_(i) min(i, count - 16u)
#define READ_RUN(X, i) vec2(load8(ADDRESS(X) + 4ul * AT_(i)), load8(ADDRESS(X) + 4ul * AT_(i) + 32ul))
#define WRITE_RUN(Y, i, v) { vec2 v_ = v; store16((i) < count ? ADDRESS(Y) + 4ul * (i) : ADDRESS(Spare) + 4ul * ((i) - count), v_.x, v_.y); }

void main()
{
    readScalars();
    uint i = (uniform15(gl_WorkGroupID.x) * SUBGROUPS + uniform5(gl_SubgroupID)) * (16u * UNITS);
    [[unroll]] for (uint u = 0; u < UNITS; ++u) STEP(READ_RUN, WRITE_RUN, i + 16u * u)
}
#else
#include "each.glsl"
#define READ_FOUR(X, i) LOAD4(X, i)
#define WRITE_FOUR(Y, i, v) STORE4(Y, i, v);
#define READ_ONE(X, i) vec4(LOAD(X, i))
#define WRITE_ONE(Y, i, v) STORE(Y, i, (v).x);

void main()
{
    readScalars();
    FOR_EACH_UNIT(q, (count + 3u) / 4u) {
        uint i = 4u * q;
        if (count - i >= 4u) STEP(READ_FOUR, WRITE_FOUR, i)
        else for (; i < count; ++i) STEP(READ_ONE, WRITE_ONE, i)
    }
}
#endif
