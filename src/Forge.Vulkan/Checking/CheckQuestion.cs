using System.Text.Json;
using System.Text.Json.Serialization;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>One question about a case of an op, a line of JSON to a process of its own.</summary>
/// <param name="Op">The op's name in the op table.</param>
/// <param name="Draws">What its sampler draws.</param>
/// <param name="Under">One of <see cref="CheckSettings.All"/>; null for the device as it is.</param>
/// <param name="Variant">The variant's label; null asks which variants there are.</param>
internal sealed record CheckQuestion(string Op, IReadOnlyList<int> Draws, string? Under, string? Variant);

/// <summary>The answer, a line of JSON.</summary>
/// <param name="Verdict">What became of the variant.</param>
/// <param name="Message">Why, where it is not right.</param>
/// <param name="Shapes">The inputs' types.</param>
/// <param name="Worst">The largest error of an element, in the units of the op's closeness; null where it has no size.</param>
/// <param name="Normalised">The error of the whole output, in the same units; null where it has no size.</param>
/// <param name="Allowed">How many units an element may have; 0 where the result is exact.</param>
/// <param name="Strayed">Whether it left its tensors: what it hit may spoil later answers.</param>
/// <param name="Variants">Labels, where those were asked for.</param>
internal sealed record CheckAnswer(Verdict Verdict, string Message, string Shapes, double? Worst, double? Normalised, double Allowed, bool Strayed, IReadOnlyList<string> Variants)
{
    /// <summary>What is said where a case has no variant of that label: a case that shrinks loses some.</summary>
    public const string NoVariant = "the case has no such variant";

    /// <summary>What is said of an op that is not differentiated.</summary>
    public const string NoGradient = "it has no gradient";

    /// <summary>An answer without figures.</summary>
    public static CheckAnswer Of(Verdict verdict, string message, PreparedCase? prepared = null) =>
        new(verdict, verdict == Verdict.Right || prepared is null ? message : $"{message} {OpUse.KeyOf(prepared.Op)}", prepared?.Shapes ?? "", verdict == Verdict.Right ? 0 : null, verdict == Verdict.Right ? 0 : null, prepared?.Allowed ?? 0, false, []);

    /// <inheritdoc cref="TrialAnswer.Read"/>
    public static CheckAnswer Read(string line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, CheckJson.Default.CheckAnswer) is { } answer && Enum.IsDefined(answer.Verdict) && answer.Variants.All(label => label is not null))
                return answer;
        }
        catch (JsonException)
        {
            // Said below.
        }
        return Of(Verdict.Crashed, TrialAnswer.NoAnswer(line));
    }

    /// <summary>What a comparison with the reference found.</summary>
    public static CheckAnswer Of(Deviation deviation, PreparedCase prepared) => Of(deviation.Problem is null ? Verdict.Right : Verdict.Wrong, deviation.Problem ?? "", prepared) with
    {
        Worst = Finite(deviation.Units),
        Normalised = Finite(deviation.Normalised),
    };

    // JSON has no word for the others.
    private static double? Finite(double units) => double.IsFinite(units) ? units : null;
}

/// <summary>How checks travel; made at build time.</summary>
[JsonSerializable(typeof(CheckQuestion))]
[JsonSerializable(typeof(CheckAnswer))]
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class CheckJson : JsonSerializerContext;
