using System.Text.Json.Serialization;

namespace Forge.Vulkan.Tuning;

/// <summary>The variant that was fastest for an op on given inputs.</summary>
/// <param name="Op">The op's key.</param>
/// <param name="Inputs">The inputs' types.</param>
/// <param name="Bucket">The inputs' types with their extents rounded: uses of one bucket run alike.</param>
/// <param name="Shaders">A hash of the winner's shaders and of the untuned default's: who edits either tunes again.</param>
/// <param name="Variant">The winner's label.</param>
/// <param name="Milliseconds">Its median, in ms.</param>
/// <param name="Default">The untuned default's label.</param>
/// <param name="DefaultMilliseconds">Its median in the same run, in ms; 0 where it was not timed.</param>
/// <param name="At">When.</param>
internal sealed record TunedChoice(string Op, string Inputs, string Bucket, string Shaders, string Variant, double Milliseconds, string Default, double DefaultMilliseconds, DateTime At);

/// <summary>A variant that answered wrongly, crashed or hung here.</summary>
/// <param name="Kernel">Its kernel.</param>
/// <param name="Variant">Its label.</param>
/// <param name="Shaders">A hash of its shaders: an edited shader has another chance.</param>
/// <param name="Verdict">What it did.</param>
/// <param name="Message">How that showed.</param>
/// <param name="Use">On what.</param>
/// <param name="At">When.</param>
internal sealed record QuarantinedVariant(string Kernel, string Variant, string Shaders, Verdict Verdict, string Message, string Use, DateTime At);

/// <summary>What is known of variants on one device and driver: the payload of a tuning file.</summary>
/// <param name="Device">The device's and driver's identity: a file of another is not read.</param>
/// <param name="Choices">The fastest variants.</param>
/// <param name="Quarantined">Those that must not run.</param>
internal sealed record TuningRecord(string Device, IReadOnlyList<TunedChoice> Choices, IReadOnlyList<QuarantinedVariant> Quarantined)
{
    /// <summary>Nothing, of no device.</summary>
    public static TuningRecord Empty { get; } = new("", [], []);

    // Of shaders that are being edited, some versions are remembered.
    private const int Versions = 4;

    /// <summary>Both, the later word counting where they speak of the same.</summary>
    public TuningRecord With(TuningRecord other) => this with
    {
        Choices = [.. Choices.Concat(other.Choices).GroupBy(c => (c.Op, c.Inputs, c.Shaders)).Select(g => g.MaxBy(c => c.At)!)
            .GroupBy(c => (c.Op, c.Inputs)).SelectMany(g => g.OrderByDescending(c => c.At).Take(Versions))],
        Quarantined = [.. Quarantined.Concat(other.Quarantined).GroupBy(q => (q.Kernel, q.Variant, q.Shaders)).Select(g => g.MaxBy(q => q.At)!)],
    };
}

/// <summary>How tuning files are written; made at build time.</summary>
[JsonSerializable(typeof(TuningRecord))]
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class TuningJson : JsonSerializerContext;
