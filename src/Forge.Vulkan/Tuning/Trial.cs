using System.Text.Json;
using System.Text.Json.Serialization;
using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>What became of a variant that was tried.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>Its results are the reference's, as closely as the conformance tests ask.</summary>
    Right,

    /// <summary>Its results are wrong, or it left its buffers.</summary>
    Wrong,

    /// <summary>It ended the process, or the device was lost.</summary>
    Crashed,

    /// <summary>It did not end in time.</summary>
    Hung,

    /// <summary>It could not be built or run: its shader does not compile, memory is short.</summary>
    Failed,
}

/// <summary>One question to a trial process, a line of JSON.</summary>
/// <param name="Work">What names the op and its types to whoever made the process.</param>
/// <param name="Key">The op use's key: both sides must mean the same.</param>
/// <param name="Variant">The variant's label.</param>
/// <param name="Trusted">A portable variant already found right, whose full-size results others must give; null for none.</param>
/// <param name="Runs">Runs to time; 0 to check.</param>
internal sealed record TrialRequest(TrialWork Work, string Key, string Variant, string? Trusted, int Runs);

/// <summary>Names an op and its types: an op and a shape of the command line, or a kernel of a model's step.</summary>
/// <param name="Op">The op's name, with <paramref name="Shape"/>.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Model">The model's name, with <paramref name="Index"/>.</param>
/// <param name="Index">Which of the model's different op uses.</param>
/// <param name="Precision">In which type the model's products multiply; null for the usual one.</param>
internal sealed record TrialWork(string? Op = null, string? Shape = null, string? Model = null, int Index = 0, string? Precision = null);

/// <summary>The answer, a line of JSON.</summary>
/// <param name="Verdict">What became of the variant.</param>
/// <param name="Message">Why, where it is not right.</param>
/// <param name="Milliseconds">What each timed run took, in ms; one run where it was checked.</param>
/// <param name="BuildMilliseconds">What its pipelines took to build, in ms; 0 where they were there.</param>
internal sealed record TrialAnswer(Verdict Verdict, string Message, IReadOnlyList<double> Milliseconds, double BuildMilliseconds)
{
    /// <summary>An answer without times.</summary>
    public static TrialAnswer Of(Verdict verdict, string message) => new(verdict, message, [], 0);

    /// <summary>Reads a line. A process whose kernel wrote into its memory may say anything: what is no answer is told as a crash.</summary>
    public static TrialAnswer Read(string line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, TrialJson.Default.TrialAnswer) is { } answer && Enum.IsDefined(answer.Verdict) && answer.Milliseconds.All(double.IsFinite))
                return answer;
        }
        catch (JsonException)
        {
            // Said below.
        }
        return Of(Verdict.Crashed, NoAnswer(line));
    }

    internal static string NoAnswer(string line) => $"the process answered '{ForeignText.Shown(line)}', which is no answer";
}

/// <summary>The first line of a trial process.</summary>
/// <param name="Device">The identity of the device it opened.</param>
internal sealed record TrialReady(string Device)
{
    /// <summary>Reads a line; null where it says something else.</summary>
    public static TrialReady? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, TrialJson.Default.TrialReady);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How trials travel; made at build time.</summary>
[JsonSerializable(typeof(TrialRequest))]
[JsonSerializable(typeof(TrialAnswer))]
[JsonSerializable(typeof(TrialReady))]
[JsonSerializable(typeof(KernelTrial))]
[JsonSerializable(typeof(KernelTrialAnswer))]
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class TrialJson : JsonSerializerContext;
