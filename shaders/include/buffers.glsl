// buffers.glsl: how a kernel reaches its tensors. One source, four builds; the kernel never sees which.
//
//   #version 450
//   #define BUFFERS IN(float, X, 0) OUT(float, Y, 1) INOUT(uint, State, 2)   // scalar type, name, binding; bindings count up from 0
//   #define PUSH uint count; uint H; float alpha;                           // the words of Dispatch.Push, in order; leave out if none
//   #include "buffers.glsl"                                                 // before any declaration
//
//   LOAD(X, i)      element i of an IN or INOUT buffer          STORE(Y, i, v)    element i of an OUT or INOUT buffer
//   LOAD2, LOAD4    elements i..i+1, i..i+3 as vec2, vec4       STORE2, STORE4    the same; i a multiple of 2 or 4, all of them in range
//   ATOMIC_AND(X, i, v)   of an INOUT buffer of uint
//   HOLDS(X, i)     whether element i is inside; ELEMENTS4(T, X): all elements, four by four, as an array. Both only with TENSORS, for loads that the
//                   checked build cannot see into
//   ADDRESS(X)      the buffer's address as uint64_t: only with `#define INT64`, which builds for `address` alone
//
// Element types are float, uint and int. Smaller types are words in memory: declare uint and unpack.
// Counts stay under 2^31: SPIR-V indexes are signed.
//
// Builds (the compiler defines one):
//   FORGE_ADDRESS     buffer device addresses lie in the push block, before PUSH's words. No bound is tested.
//   FORGE_TABLE       with FORGE_ADDRESS: one address of a table of addresses, where the push block would grow too large.
//   FORGE_DESCRIPTOR  set 0, one storage buffer a binding, readonly and writeonly as declared.
//   FORGE_CHECKED     every access is compared with its slice's element count. The first offence goes to the fault buffer
//                     (op, binding, index, kind); a bad load gives 0, a bad store is dropped.
// COOPMAT n         (defined by the host for kernels of family coopmat) builds for cooperative matrices of bf16 (1) or f16 (2).
// WORKGROUP_MATRICES, TENSORS (defined by the host besides) do so for matrices that a workgroup holds: matrices.glsl, tensor.glsl.
// LANE_TABLE n        (defined by the host for kernels of family lane) adds `uint tab[n]` to the push block with tab[i] = i: what turns an id
//                     into a value the CPU drivers know to be uniform.

#extension GL_EXT_control_flow_attributes : enable
#ifndef FORGE_DESCRIPTOR
#extension GL_EXT_buffer_reference : require
#endif
#ifdef COOPMAT  // coopmat.glsl; 1 multiplies bf16, 2 f16
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#ifdef TENSORS
#extension GL_NV_cooperative_matrix2 : require
#endif
#if COOPMAT == 1
#extension GL_EXT_bfloat16 : require
#else
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#endif
#endif
#ifdef INT64
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#if defined(FORGE_DESCRIPTOR) || defined(FORGE_CHECKED)
#error this kernel uses raw addresses (INT64), which only the address build has
#endif
#endif

// Vector types by element type.
#define V2_float vec2
#define V4_float vec4
#define V2_uint uvec2
#define V4_uint uvec4
#define V2_int ivec2
#define V4_int ivec4

#ifdef PUSH
#define PUSH_WORDS_ PUSH
#else
#define PUSH_WORDS_
#endif
#ifdef LANE_TABLE
#define PUSH_TAB_ uint tab[LANE_TABLE];
#else
#define PUSH_TAB_
#endif

#ifdef FORGE_DESCRIPTOR

#if defined(PUSH) || defined(LANE_TABLE)
layout(push_constant, std430) uniform Push_ { PUSH_WORDS_ PUSH_TAB_ };
#endif

// The same binding three times, by width: Vulkan lets blocks alias.
#define BLOCKS_(access, T, name, b) \
    layout(set = 0, binding = b, std430) access buffer name##_block1 { T e[]; } name##_1; \
    layout(set = 0, binding = b, std430) access buffer name##_block2 { V2_##T e[]; } name##_2; \
    layout(set = 0, binding = b, std430) access buffer name##_block4 { V4_##T e[]; } name##_4;
#define IN(T, name, b) BLOCKS_(readonly, T, name, b)
#define OUT(T, name, b) BLOCKS_(writeonly, T, name, b)
#define INOUT(T, name, b) BLOCKS_(, T, name, b)
BUFFERS
#undef IN
#undef OUT
#undef INOUT

#define OK_(name, b, i, width, kind) true
#define AT1_(T, name) name##_1
#define AT2_(T, name) name##_2
#define AT4_(T, name) name##_4

#else

layout(buffer_reference, std430, buffer_reference_align = 4) buffer float_at { float e[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer float2_at { vec2 e[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer float4_at { vec4 e[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer uint_at { uint e[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer uint2_at { uvec2 e[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer uint4_at { uvec4 e[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer int_at { int e[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer int2_at { ivec2 e[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer int4_at { ivec4 e[]; };

#if defined(FORGE_CHECKED) || defined(FORGE_TABLE)

// The host's layout of the table: 16 bytes of header, then 16 bytes a buffer in binding order (AddressTables.cs).
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Fault_at { uint taken, op, binding, index, kind; };
#define IN(T, name, b) T##_at name##_p; uint name##_count; uint name##_binding;
#define OUT(T, name, b) IN(T, name, b)
#define INOUT(T, name, b) IN(T, name, b)
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Table_at { Fault_at fault; uint op; uint unused; BUFFERS };
#undef IN
#undef OUT
#undef INOUT
layout(push_constant, std430) uniform Push_ { Table_at table_; PUSH_WORDS_ PUSH_TAB_ };
#define P_(name) table_.name##_p

#else

#define IN(T, name, b) T##_at name##_p;
#define OUT(T, name, b) T##_at name##_p;
#define INOUT(T, name, b) T##_at name##_p;
layout(push_constant, std430) uniform Push_ { BUFFERS PUSH_WORDS_ PUSH_TAB_ };
#undef IN
#undef OUT
#undef INOUT
#define P_(name) name##_p

#endif

#ifdef FORGE_CHECKED
// An invocation keeps its first offence and reports it when the kernel is over: a report at every access is most of what some drivers then compile.
// Kinds: 1 load, 2 store; 2 is added where a wide access starts at an index that is no multiple of its width. 0 is none.
uint offence_ = 0u, offenceBinding_, offenceIndex_;
bool inside_(uint count, uint binding, uint index, uint width, uint kind)
{
    bool aligned = index % width == 0u, fits = index < count && count - index >= width && aligned;
    if (!fits && offence_ == 0u) {
        offence_ = aligned ? kind + 1u : kind + 3u;
        offenceBinding_ = binding;
        offenceIndex_ = index;
    }
    return fits;
}

void kernel_();
void main()
{
    kernel_();
    if (offence_ != 0u && atomicCompSwap(table_.fault.taken, 0u, 1u) == 0u) {
        table_.fault.op = table_.op;
        table_.fault.binding = offenceBinding_;
        table_.fault.index = offenceIndex_;
        table_.fault.kind = offence_ - 1u;
    }
}
#define main kernel_
#define OK_(name, b, i, width, kind) inside_(table_.name##_count, table_.name##_binding, i, width, kind)
#else
#define OK_(name, b, i, width, kind) true
#endif

#define AT1_(T, name) P_(name)
#define AT2_(T, name) T##2_at(P_(name))
#define AT4_(T, name) T##4_at(P_(name))

#ifdef INT64
#define ADDRESS(name) uint64_t(P_(name))
#endif

#endif

// Functions rather than macros, so that an index is evaluated once. Every driver inlines them.
#ifdef FORGE_SCALAR_ACCESS  // a driver that cannot turn one reference type into another
#define GET2_(T, name, i) V2_##T(AT1_(T, name).e[i], AT1_(T, name).e[i + 1u])
#define GET4_(T, name, i) V4_##T(AT1_(T, name).e[i], AT1_(T, name).e[i + 1u], AT1_(T, name).e[i + 2u], AT1_(T, name).e[i + 3u])
#define PUT2_(T, name, i, v) { AT1_(T, name).e[i] = v.x; AT1_(T, name).e[i + 1u] = v.y; }
#define PUT4_(T, name, i, v) { PUT2_(T, name, i, v) AT1_(T, name).e[i + 2u] = v.z; AT1_(T, name).e[i + 3u] = v.w; }
#else
#define GET2_(T, name, i) AT2_(T, name).e[i >> 1]
#define GET4_(T, name, i) AT4_(T, name).e[i >> 2]
#define PUT2_(T, name, i, v) AT2_(T, name).e[i >> 1] = v;
#define PUT4_(T, name, i, v) AT4_(T, name).e[i >> 2] = v;
#endif
#define LOADS_(T, name, b) \
    T load1_##name(uint i) { T v = T(0); if (OK_(name, b, i, 1u, 0u)) v = AT1_(T, name).e[i]; return v; } \
    V2_##T load2_##name(uint i) { V2_##T v = V2_##T(0); if (OK_(name, b, i, 2u, 0u)) v = GET2_(T, name, i); return v; } \
    V4_##T load4_##name(uint i) { V4_##T v = V4_##T(0); if (OK_(name, b, i, 4u, 0u)) v = GET4_(T, name, i); return v; }
#define STORES_(T, name, b) \
    void store1_##name(uint i, T v) { if (OK_(name, b, i, 1u, 1u)) AT1_(T, name).e[i] = v; } \
    void store2_##name(uint i, V2_##T v) { if (OK_(name, b, i, 2u, 1u)) { PUT2_(T, name, i, v) } } \
    void store4_##name(uint i, V4_##T v) { if (OK_(name, b, i, 4u, 1u)) { PUT4_(T, name, i, v) } }
#ifdef TENSORS
#define HOLDS_(name, b, kind) bool holds_##name(uint i) { return OK_(name, b, i, 1u, kind); }
#define HOLDS(name, i) holds_##name(i)
#define ELEMENTS4(T, name) AT4_(T, name).e
#else
#define HOLDS_(name, b, kind)
#endif
#define IN(T, name, b) LOADS_(T, name, b) HOLDS_(name, b, 0u)
#define OUT(T, name, b) STORES_(T, name, b) HOLDS_(name, b, 1u)
#define ATOMICS_float(name, b)
#define ATOMICS_int(name, b)
#define ATOMICS_uint(name, b) void and_##name(uint i, uint v) { if (OK_(name, b, i, 1u, 1u)) atomicAnd(AT1_(uint, name).e[i], v); }
#define INOUT(T, name, b) LOADS_(T, name, b) STORES_(T, name, b) ATOMICS_##T(name, b)
BUFFERS
#undef IN
#undef OUT
#undef INOUT

#define LOAD(name, i) load1_##name(i)
#define LOAD2(name, i) load2_##name(i)
#define LOAD4(name, i) load4_##name(i)
#define STORE(name, i, v) store1_##name(i, v)
#define STORE2(name, i, v) store2_##name(i, v)
#define STORE4(name, i, v) store4_##name(i, v)
#define ATOMIC_AND(name, i, v) and_##name(i, v)

// The index of this invocation in a grid made by Grid.Linear, which folds onto y past 65,535 workgroups.
#define LINEAR_INDEX (gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x)
