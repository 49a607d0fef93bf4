namespace Forge.Core;

/// <summary>An op that can draw its own cases.</summary>
/// <param name="Name">The op's name.</param>
/// <param name="Sample">Draws a case.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record OpEntry(string Name, Func<Draw, OpCase> Sample)
{
    /// <summary>The name: what a test shows.</summary>
    public override string ToString() => Name;
}

/// <summary>Every op with a sampler, in order of name: what the property and conformance tests loop over. Found at build time.</summary>
/// <threadsafety>Safe.</threadsafety>
public static partial class OpTable
{
    /// <summary>The entry of that name, in any case; null where there is none.</summary>
    public static OpEntry? Find(string name) => Entries.FirstOrDefault(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
