using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Forge.Generators;

/// <summary>Writes <c>Forge.Core.OpTable.Entries</c>: every record that derives from Op and has a sampler.</summary>
[Generator]
public sealed class OpTableGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var ops = DerivedTypes.Of(context, "Forge.Core.Op", static t => System.Linq.ImmutableArrayExtensions.Any(t.AllInterfaces, i => i.ToDisplayString() == "Forge.Core.ISampled"));
        var isCore = context.CompilationProvider.Select(static (c, _) => c.AssemblyName == "Forge.Core");
        context.RegisterSourceOutput(ops.Combine(isCore), static (output, found) =>
        {
            if (!found.Right)
                return;
            var text = new StringBuilder("namespace Forge.Core;\n\npublic static partial class OpTable\n{\n"
                + "    /// <summary>Every op with a sampler, in order of name.</summary>\n"
                + "    public static global::System.Collections.Generic.IReadOnlyList<OpEntry> Entries { get; } =\n    [\n");
            foreach (var op in System.Linq.Enumerable.OrderBy(found.Left, Name, System.StringComparer.Ordinal))
                text.Append("        new(\"").Append(Name(op)).Append("\", ").Append(op).Append(".Sample),\n");
            output.AddSource("OpTable.g.cs", SourceText.From(text.Append("    ];\n}\n").ToString(), Encoding.UTF8));
        });
    }

    // As Op.Name has it.
    private static string Name(string type)
    {
        var name = type.Substring(type.LastIndexOf('.') + 1);
        return name.EndsWith("Op", System.StringComparison.Ordinal) ? name.Substring(0, name.Length - 2) : name;
    }
}
