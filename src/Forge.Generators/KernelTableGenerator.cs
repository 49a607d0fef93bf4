using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Forge.Generators;

/// <summary>Writes <c>Forge.Vulkan.KernelTable.Create</c>: one of each kernel in the assembly.</summary>
[Generator]
public sealed class KernelTableGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var kernels = DerivedTypes.Of(context, "Forge.Vulkan.Kernel", static _ => true);
        var isVulkan = context.CompilationProvider.Select(static (c, _) => c.AssemblyName == "Forge.Vulkan");
        context.RegisterSourceOutput(kernels.Combine(isVulkan), static (output, found) =>
        {
            if (!found.Right)
                return;
            var text = new StringBuilder("namespace Forge.Vulkan;\n\ninternal static partial class KernelTable\n{\n"
                + "    /// <summary>One of each kernel in this assembly.</summary>\n"
                + "    private static Kernel[] Create() =>\n    [\n");
            foreach (var kernel in found.Left)
                text.Append("        new ").Append(kernel).Append("(),\n");
            output.AddSource("KernelTable.g.cs", SourceText.From(text.Append("    ];\n}\n").ToString(), Encoding.UTF8));
        });
    }
}
