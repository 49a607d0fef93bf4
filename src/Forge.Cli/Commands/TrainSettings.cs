using System.Text.Json.Serialization;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Rnn;
using Forge.Models.Video;

namespace Forge.Cli.Commands;

/// <summary>What a run of a classifier was told.</summary>
/// <remarks>Properties can be set, not only initialised: generated readers give an `init` that a file leaves out its type's default, not the one said here, and older runs leave out what came later.</remarks>
internal sealed record TrainSettings
{
    /// <summary>What is trained: cnn, rnn or video.</summary>
    public string Model { get; set; } = CnnDesign.Name;

    /// <summary>The recurrent cell, of an rnn.</summary>
    public string Cell { get; set; } = RnnDesign.Cells[0];

    /// <summary>Units of the cell, of an rnn.</summary>
    public int Units { get; set; } = RnnDesign.DefaultUnits;

    /// <summary>Which model, of a video run.</summary>
    public string VideoModel { get; set; } = VideoDesign.Models[0];

    /// <summary>Frames of a clip, of a video run.</summary>
    public int Frames { get; set; } = VideoDataOptions.DefaultFrames;

    public string Data { get; set; } = ArticleDataOptions.FashionMnistName;

    /// <summary>Pixels a side; null where the data decide.</summary>
    public int? Size { get; set; }

    public int Epochs { get; set; } = 3;

    public int? StepsPerEpoch { get; set; }

    public int Batch { get; set; } = 32;

    public double LearningRate { get; set; } = 1e-3;

    /// <summary>A label of <see cref="Core.Precision"/>.</summary>
    public string Precision { get; set; } = Core.Precision.Strict32.Label;

    public bool Augment { get; set; }

    /// <summary>What is dropped of the last hidden layer, of a cnn.</summary>
    public double Dropout { get; set; }

    public string? Validation { get; set; }

    public bool SkipBad { get; set; }

    public ulong Seed { get; set; } = 1;

    /// <summary>The model as these settings mean it.</summary>
    [JsonIgnore]
    public ClassifierDesign Design => Model switch
    {
        RnnDesign.Name => new RnnDesign(Cell, Units),
        VideoDesign.Name => new VideoDesign(VideoModel),
        _ => new CnnDesign((float)Dropout),
    };

    /// <summary>What a run is told that was told nothing.</summary>
    /// <param name="model">What is trained.</param>
    public static TrainSettings Of(string model) => model == VideoDesign.Name ? new() { Model = model, Data = MovingItems.Name } : new() { Model = model };

    /// <summary>The data as these settings mean it.</summary>
    /// <param name="log">Where counts of images are printed.</param>
    /// <param name="workers">Threads that prepare batches; null for one a core.</param>
    public LearningOptions DataOptions(TextWriter? log, int? workers = null)
    {
        LearningOptions options = Model == VideoDesign.Name ? new VideoDataOptions { Frames = Frames } : new ArticleDataOptions { Augment = Augment };
        return options with { Data = Data, Size = Size, BatchSize = Batch, Seed = Seed, Validation = Validation, SkipBad = SkipBad, Workers = workers ?? 0, Log = log };
    }

    /// <inheritdoc cref="RunSettings.Save"/>
    public void Save(string folder) => RunSettings.Save(folder, this, TrainSettingsJson.Default.TrainSettings);

    /// <inheritdoc cref="RunSettings.Load"/>
    public static TrainSettings? Load(string folder) => RunSettings.Load(folder, TrainSettingsJson.Default.TrainSettings, settings =>
        settings is { Epochs: > 0, Batch: > 0, LearningRate: > 0, Data: not null, Size: null or > 0, StepsPerEpoch: null or > 0, Precision: { } precision, Units: > 0, Dropout: >= 0 and < 1, Model: CnnDesign.Name or RnnDesign.Name or VideoDesign.Name, Frames: >= VideoDesign.FewestFrames }
        && RnnDesign.Cells.Contains(settings.Cell) && VideoDesign.Models.Contains(settings.VideoModel) && Core.Precision.Find(precision) is not null);
}

/// <summary>How settings become JSON, written at build time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TrainSettings))]
internal sealed partial class TrainSettingsJson : JsonSerializerContext;
