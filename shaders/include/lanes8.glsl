// lanes8.glsl: subgroups of eight lanes, as drivers have them that compile shaders for a processor with eight floats a register. Needs INT64.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Pair_at { uint64_t e[]; };

#define LANE gl_SubgroupInvocationID // gl_LocalInvocationID costs integer divisions
#define FROM(v, lane) subgroupBroadcast(v, lane)
#define LANES8(v0, v1, v2, v3, v4, v5, v6, v7) \
    mix(mix(mix(v7, v6, LANE == 6u), mix(v5, v4, LANE == 4u), LANE < 6u), mix(mix(v3, v2, LANE == 2u), mix(v1, v0, LANE == 0u), LANE < 2u), LANE < 4u)
