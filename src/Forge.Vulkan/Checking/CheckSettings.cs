namespace Forge.Vulkan.Checking;

/// <summary>What an op is checked under, besides the device as it is: names of the command line and of events.</summary>
internal static class CheckSettings
{
    /// <summary>Every access compared with its tensor.</summary>
    public const string Checked = "checked";

    /// <summary>The op's gradient, planned and run as a training step is.</summary>
    public const string Gradient = "gradient";

    /// <summary>Tensors without elements, in plans.</summary>
    public const string Empty = "empty";

    /// <summary>Those that are a device of their own.</summary>
    public static IReadOnlyList<string> Devices { get; } = [Checked, .. Narrowings.Names];

    /// <summary>Those that run whole plans rather than one variant.</summary>
    public static IReadOnlyList<string> Plans { get; } = [Gradient, Empty];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Devices, .. SpecialValues.Names, .. Plans];

    /// <summary>What a name means, for people.</summary>
    public static string Words(string name) => name switch
    {
        Checked => "every access compared with its tensor",
        Gradient => "the gradient as a plan, against the reference's",
        Empty => "tensors without elements",
        _ => SpecialValues.Names.Contains(name) ? SpecialValues.Words(name) : Narrowings.Words(name),
    };

    /// <summary>How kernels reach their buffers there; null for as the device does it. The size of a binding says something of descriptors alone.</summary>
    public static BufferMode? ModeOf(string? name) => name switch
    {
        Checked => BufferMode.Checked,
        Narrowings.Bindings => BufferMode.Descriptor,
        _ => null,
    };
}
