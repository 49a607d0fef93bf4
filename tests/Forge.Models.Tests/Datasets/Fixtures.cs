using System.Text.Json;

namespace Forge.Models.Tests.Datasets;

/// <summary>The golden vectors that tests/oracle writes.</summary>
internal static class Fixtures
{
    internal static JsonElement Load(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Datasets", "fixtures", name)));
        return document.RootElement.Clone();
    }

    internal static T[] Numbers<T>(this JsonElement array, Func<JsonElement, T> read) => [.. array.EnumerateArray().Select(read)];
}
