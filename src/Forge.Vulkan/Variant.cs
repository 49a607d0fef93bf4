namespace Forge.Vulkan;

/// <summary>What a kernel's variant is shaped for.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Family
{
    /// <summary>Short, readable, right everywhere: STEM.comp.</summary>
    Portable,

    /// <summary>Shared-memory tiles and register micro-tiles, for GPUs: STEM.tiled.comp.</summary>
    Tiled,

    /// <summary>Straight-line code for drivers that run on the processor: STEM.lane.comp. Offered only where DeviceLimits says so.</summary>
    Lane,

    /// <summary>Cooperative matrices, multiplied by a subgroup as one operation: STEM.coopmat.comp, or STEM.tiled.comp built with COOPMAT.</summary>
    Coopmat,
}

/// <summary>A kernel with its tunables fixed.</summary>
/// <param name="Family">What it is shaped for; names the shader, unless <paramref name="Shader"/> does.</param>
/// <param name="Name">Tells it from the kernel's other variants, in variant tables and messages: for example <c>lanes128</c>.</param>
/// <param name="Lanes">Invocations in a workgroup.</param>
/// <param name="Constants">Specialization constants; the place in the list is the constant_id. Null means one: <paramref name="Lanes"/>, for local_size_x_id = 0.</param>
/// <param name="Shader">The shader's file, where it is not the family's.</param>
/// <param name="Defines">Macros the shader is compiled with. Each set is a compilation of its own: prefer constants.</param>
/// <param name="LaneTable">Entries of <c>tab[i] = i</c> in the push block; 0 for none.</param>
/// <param name="Tunables">What else about it may change; null for nothing.</param>
/// <param name="Settings">Tunables that are not at their defaults.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Variant(
    Family Family, string Name, uint Lanes, IReadOnlyList<uint>? Constants = null, string? Shader = null,
    IReadOnlyList<(string Name, string Value)>? Defines = null, int LaneTable = 0, IReadOnlyList<Tunable>? Tunables = null, IReadOnlyList<Setting>? Settings = null)
{
    /// <summary>Family, name and settings, as variant tables and <c>forge bench op --variant</c> write it: <c>lane/packed</c>, <c>lane/packed,rows=5</c>.</summary>
    public string Label => $"{Family.ToString().ToLowerInvariant()}/{Name}{string.Concat((Settings ?? []).Select(s => $",{s.Name}={s.Value}"))}";

    /// <summary>The value of a setting.</summary>
    /// <param name="name">The tunable's name.</param>
    /// <param name="otherwise">The value where it is at its default.</param>
    public uint Setting(string name, uint otherwise) =>
        Settings is not null && Settings.Any(s => s.Name == name) ? Settings.First(s => s.Name == name).Value : otherwise;
}
