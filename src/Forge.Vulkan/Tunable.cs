namespace Forge.Vulkan;

/// <summary>Something of a variant that may change without changing what it computes: a tile's size, rows of a workgroup, terms of a chunk.</summary>
/// <param name="Name">One word, as labels write it: <c>rows</c>.</param>
/// <param name="Values">The values worth trying on this device for these types, the default first. Each must be right: nothing checks again.</param>
/// <param name="Constant">The specialization constant that holds it, by constant_id; 0 is the workgroup's size. -1 where the kernel's own <c>Tuned</c> sets it.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Tunable(string Name, IReadOnlyList<uint> Values, int Constant = -1);

/// <summary>A tunable's value.</summary>
/// <param name="Name">The tunable's name.</param>
/// <param name="Value">One of its values.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Setting(string Name, uint Value);
