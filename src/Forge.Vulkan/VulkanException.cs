using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>A Vulkan call failed.</summary>
/// <param name="message">What failed, with what result, during what, and what to do.</param>
/// <param name="call">The call, for example <c>vkQueueSubmit</c>.</param>
/// <param name="result">What it returned, by Vulkan's name without the prefix (<c>ErrorDeviceLost</c>).</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class VulkanException(string message, string call, string result) : DeviceException(message)
{
    /// <summary>The call that failed.</summary>
    public string Call { get; } = call;

    /// <summary>What it returned.</summary>
    public string Result { get; } = result;

    /// <summary>Whether the driver would not have a shader; another one it may.</summary>
    internal bool IsRefusal => Call is "vkCreateComputePipelines" or "vkCreateShadersEXT" or "vkCreateShaderModule"
        && Result is not (nameof(Silk.NET.Vulkan.Result.ErrorOutOfHostMemory) or nameof(Silk.NET.Vulkan.Result.ErrorOutOfDeviceMemory)
            or nameof(Silk.NET.Vulkan.Result.ErrorDeviceLost) or nameof(Silk.NET.Vulkan.Result.ErrorTooManyObjects));
}

/// <summary>The validation layer objected to something Forge did.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class ValidationException : DeviceException
{
    /// <summary>An error made of the layer's messages.</summary>
    public ValidationException(IReadOnlyList<string> messages)
        : base($"The Vulkan validation layer reported {messages.Count} message(s):\n  " + string.Join("\n  ", messages)) => Messages = messages;

    /// <summary>The messages, in the order they came.</summary>
    public IReadOnlyList<string> Messages { get; }
}

/// <summary>A kernel built in checked mode left the slice of one of its buffers. Its store was dropped, its load gave 0.</summary>
/// <param name="op">The step that ran it: the node's label.</param>
/// <param name="kernel">The pipeline.</param>
/// <param name="binding">Which of its buffers, by binding number.</param>
/// <param name="index">The element it asked for.</param>
/// <param name="count">How many elements the slice has.</param>
/// <param name="isStore">Whether it stored.</param>
/// <param name="isMisaligned">Whether a wide access started at an index that is no multiple of its width.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class BoundsException(string op, string kernel, int binding, uint index, long count, bool isStore, bool isMisaligned) : DeviceException(
    $"{op}: {kernel} {(isStore ? "stored" : "loaded")} element {index} of binding {binding}, {(isMisaligned ? "which is no multiple of the access's width" : "which is out of range")}; the slice has {count} elements.")
{
    /// <summary>The step that ran the kernel.</summary>
    public string Op { get; } = op;

    /// <summary>Which of its buffers, by binding number.</summary>
    public int Binding { get; } = binding;

    /// <summary>The element it asked for.</summary>
    public uint Index { get; } = index;

    /// <summary>Whether it stored.</summary>
    public bool IsStore { get; } = isStore;
}

/// <summary>A shader does not compile, or does not fit its kernel.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class ShaderException : ForgeException
{
    /// <summary>An error in a shader.</summary>
    public ShaderException(string message) : base(message) { }
}

/// <summary>Turns Vulkan's results into exceptions.</summary>
internal static class VulkanResult
{
    /// <summary>Throws unless <paramref name="result"/> is Success.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call, for example <c>vkCreateBuffer</c>.</param>
    /// <param name="operation">What Forge was doing, for example <c>creating a buffer of 12 MiB</c>.</param>
    public static void Check(this Result result, string call, string operation)
    {
        if (result != Result.Success)
            throw Failure(result, call, operation);
    }

    private static VulkanException Failure(Result result, string call, string operation)
    {
        var advice = result switch
        {
            Result.ErrorDeviceLost => " The device was lost: a shader hung or crashed, or the driver was reset. Start again; if it happens again, FORGE_VALIDATION=1 may say why.",
            Result.ErrorOutOfDeviceMemory or Result.ErrorOutOfHostMemory => " Use a smaller batch or a device with more memory.",
            Result.ErrorTooManyObjects => " The driver allows no more objects.",
            _ => "",
        };
        return new VulkanException($"{call} failed with {result} while {operation}.{advice}", call, result.ToString());
    }
}
