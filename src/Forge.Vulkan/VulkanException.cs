using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>A Vulkan call failed.</summary>
/// <param name="message">What failed, with what result, during what, and what to do.</param>
/// <param name="call">The call, for example <c>vkQueueSubmit</c>.</param>
/// <param name="result">What it returned, by Vulkan's name without the prefix (<c>ErrorDeviceLost</c>).</param>
public sealed class VulkanException(string message, string call, string result) : DeviceException(message)
{
    /// <summary>The call that failed.</summary>
    public string Call { get; } = call;

    /// <summary>What it returned.</summary>
    public string Result { get; } = result;
}

/// <summary>The validation layer objected to something Forge did.</summary>
public sealed class ValidationException : DeviceException
{
    /// <summary>An error made of the layer's messages.</summary>
    public ValidationException(IReadOnlyList<string> messages)
        : base($"The Vulkan validation layer reported {messages.Count} message(s):\n  " + string.Join("\n  ", messages)) => Messages = messages;

    /// <summary>The messages, in the order they came.</summary>
    public IReadOnlyList<string> Messages { get; }
}

/// <summary>A shader does not compile, or does not fit its kernel.</summary>
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
