namespace Forge.Vulkan;

/// <summary>What the validation layer says of a driver rather than of what was done with it: no error. Everything else it says is one.</summary>
internal static class LayerNotices
{
    private static readonly (string Id, string Text)[] s_known =
    [
        // It checks accesses through addresses as well where shaders have 64-bit integers; SwiftShader's have none. Descriptors are checked all the same.
        ("UNASSIGNED-GPU-Assisted Validation Warning", "shaderInt64 feature is not available"),
    ];

    /// <summary>Whether a message is such a notice.</summary>
    /// <param name="id">The message's id by name.</param>
    /// <param name="text">The message.</param>
    public static bool Has(string? id, string? text) => Array.Exists(s_known, n => n.Id == id && text?.Contains(n.Text, StringComparison.Ordinal) == true);
}
