using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Models.Video;

/// <summary>A classifier of clips.</summary>
/// <param name="Model">One of <see cref="Models"/>.</param>
/// <remarks>
/// cnn-lstm: the same three convolutions for every frame, then an LSTM over the frames. conv3d: convolutions over frames, rows and columns, then
/// the mean of each channel.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record VideoDesign(string Model) : ClassifierDesign
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "video";

    /// <summary>The smallest side of a frame that leaves something after the convolutions.</summary>
    public const int SmallestSide = 20;

    /// <summary>The fewest frames that show a movement.</summary>
    public const int FewestFrames = 2;

    /// <summary>The models there are; the first when nothing else is said.</summary>
    public static IReadOnlyList<string> Models { get; } = ["conv3d", "cnn-lstm"];

    /// <inheritdoc/>
    public override string ModelConfig => $$"""{"builder":"Video","model":"{{Model}}"}""";

    /// <inheritdoc/>
    public override string SizeOptions => "--size or --frames";

    /// <inheritdoc/>
    public override int InputRank => 4;

    /// <inheritdoc/>
    public override Sequential Build(Shape images, int classes)
    {
        if (images.Rank != 4 || images[0] < FewestFrames || images[1] < SmallestSide || images[2] < SmallestSide)
            throw new ShapeException($"The model needs clips (frames, height, width, channels) of at least {FewestFrames} frames of {SmallestSide}x{SmallestSide}, not {images}.");
        RequireClasses(classes);
        return Model switch
        {
            "cnn-lstm" => new([
                new Input(images),
                .. OfEachFrame(16, 5, 2), .. OfEachFrame(32, 3, 2), .. OfEachFrame(32, 3, 1),
                new TimeDistributed(new Flatten()),
                new LSTM(128),
                new Dense(classes, activation: "softmax")]),
            "conv3d" => new(
                new Input(images),
                new Conv3D(16, (3, 5, 5), (1, 2, 2), Border.Same, "relu"),
                new Conv3D(32, 3, (1, 2, 2), Border.Same, "relu"),
                new MaxPooling3D(2),
                new Conv3D(64, 3, padding: Border.Same, activation: "relu"),
                new GlobalAveragePooling3D(),
                new Dense(classes, activation: "softmax")),
            _ => throw new ForgeException($"There is no video model '{Model}'. Use one of {string.Join(", ", Models)}."),
        };
    }

    // Normalised, or the frames' common brightness drowns what differs between them, and the LSTM learns nothing for long.
    private static IReadOnlyList<Layer> OfEachFrame(int filters, int window, int stride) =>
        [new TimeDistributed(new Conv2D(filters, window, stride, useBias: false)), new BatchNormalization(momentum: 0.9f), new ReLU()];
}
