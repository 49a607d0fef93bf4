using System.Text.Json.Serialization;
using Forge.Models.Cnn;
using Forge.Models.Gan;

namespace Forge.Cli.Commands;

/// <summary>What a run of <c>forge train gan</c> was told.</summary>
internal sealed record GanSettings
{
    /// <summary>What is trained, as runs are called.</summary>
    public const string Name = "gan";

    public string Model { get; set; } = Name;

    public string Data { get; set; } = ArticleDataOptions.FashionMnistName;

    public int? Size { get; set; }

    public string Loss { get; set; } = GanLoss.Nonsaturating.Name;

    public bool Classes { get; set; }

    public int Steps { get; set; } = 3000;

    public int Batch { get; set; } = 64;

    /// <summary>Null for the loss's own.</summary>
    public double? LearningRate { get; set; }

    public string Precision { get; set; } = Core.Precision.Strict32.Label;

    public int SampleEvery { get; set; } = 200;

    public bool SkipBad { get; set; }

    public ulong Seed { get; set; } = 1;

    /// <summary>The data as these settings mean it: all of it is learnt from.</summary>
    /// <param name="log">Where counts of images are printed.</param>
    /// <param name="workers">Threads that prepare batches; null for one a core.</param>
    public ArticleDataOptions DataOptions(TextWriter? log, int? workers = null) => new() { Data = Data, Size = Size ?? 64, BatchSize = Batch, Seed = Seed, Validation = "0", SkipBad = SkipBad, Workers = workers ?? 0, Log = log };

    public void Save(string folder) => RunSettings.Save(folder, this, GanSettingsJson.Default.GanSettings);

    public static GanSettings? Load(string folder) => RunSettings.Load(folder, GanSettingsJson.Default.GanSettings, s =>
        s is { Model: Name, Data: not null, Steps: > 0, Batch: > 0, SampleEvery: > 0, LearningRate: null or > 0, Loss: { } loss, Precision: { } precision }
        && GanLoss.Find(loss) is not null && Core.Precision.Find(precision) is not null && (s.Size is not { } size || DcGanConfig.Sizes.Contains(size)));
}

/// <summary>How settings become JSON, written at build time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GanSettings))]
internal sealed partial class GanSettingsJson : JsonSerializerContext;
