using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Forge.Generators;

/// <summary>Finds the concrete types of a compilation that derive from a given one.</summary>
internal static class DerivedTypes
{
    /// <summary>Full names of the non-abstract, non-generic types that derive from <paramref name="root"/> and pass <paramref name="also"/>, sorted.</summary>
    /// <param name="context">The generator's context.</param>
    /// <param name="root">The full metadata name without arity, for example <c>Forge.Core.Op</c>.</param>
    /// <param name="also">What else must hold of a type.</param>
    public static IncrementalValueProvider<ImmutableArray<string>> Of(IncrementalGeneratorInitializationContext context, string root, System.Func<INamedTypeSymbol, bool> also) =>
        context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is TypeDeclarationSyntax { BaseList: not null },
            (found, cancel) => found.SemanticModel.GetDeclaredSymbol((TypeDeclarationSyntax)found.Node, cancel) is INamedTypeSymbol { IsAbstract: false, IsGenericType: false } type
                && DerivesFrom(type, root) && also(type) ? type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) : null)
        .Where(static name => name is not null)
        .Collect()
        .Select(static (names, _) => names.Select(n => n!).Distinct().OrderBy(n => n, System.StringComparer.Ordinal).ToImmutableArray());

    private static bool DerivesFrom(INamedTypeSymbol type, string root)
    {
        for (var b = type.BaseType; b is not null; b = b.BaseType)
            if (b.ContainingNamespace?.ToDisplayString() + "." + b.Name == root)
                return true;
        return false;
    }
}
