using System.Text.Json;
using System.Text.Json.Serialization;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;

namespace Forge.Models.Gan;

/// <summary>What decides the shape of a DCGAN; kept in its checkpoints.</summary>
/// <param name="Size">Height and width of the images: 28 or 64 pixels.</param>
/// <param name="Channels">1 for grey, 3 for colours.</param>
/// <param name="Classes">Classes that images are made of on demand; 0 where the generator chooses.</param>
/// <param name="Loss">A name of <see cref="GanLoss"/>: it decides whether the discriminator normalises.</param>
/// <param name="Width">Filters of the discriminator's first convolution; each one after has twice as many.</param>
/// <param name="Latent">Numbers an image is made from.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DcGanConfig(int Size, int Channels, int Classes, string Loss, int Width, int Latent = 100)
{
    private const string BuilderName = "DcGan";
    private const int LargestExtent = 1 << 16; // far past any model; layers multiply these

    /// <summary>What built the model, so that checkpoints of other models are told apart.</summary>
    public string Builder { get; init; } = BuilderName;

    /// <summary>The sides that are to be had.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [28, 64];

    /// <summary>The usual width for a size.</summary>
    public static int UsualWidth(int size) => size == 28 ? 64 : 32;

    /// <summary>As checkpoints keep it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DcGanJson.Default.DcGanConfig);

    /// <summary>The configuration that a checkpoint keeps; null where it is another model's.</summary>
    public static DcGanConfig? FromJson(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, DcGanJson.Default.DcGanConfig) is
            { Builder: BuilderName, Channels: 1 or 3, Classes: >= 0 and <= LargestExtent, Width: > 0 and <= LargestExtent, Latent: > 0 and <= LargestExtent, Loss: not null } config && Sizes.Contains(config.Size) && GanLoss.Find(config.Loss) is not null ? config : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A deep convolutional generator and its discriminator (Radford, Metz and Chintala 2016): 4x4 kernels, stride 2, no pooling.</summary>
/// <remarks>
/// Images are f32 (n, size, size, channels) in −1..1. With classes the generator gets the class beside its noise, and the discriminator's logit has a part for each
/// class: it is asked about the one an image is said to be of (a projection, Miyato and Koyama 2018).
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class DcGan
{
    private const float Slope = 0.2f;

    /// <summary>Builds both models.</summary>
    /// <param name="config">Their shape.</param>
    /// <exception cref="ShapeException">A size other than 28 and 64.</exception>
    public DcGan(DcGanConfig config)
    {
        if (!DcGanConfig.Sizes.Contains(config.Size)) throw new ShapeException($"A DCGAN makes images of {string.Join(" or ", DcGanConfig.Sizes)} pixels a side, not {config.Size}.");
        (Config, Loss) = (config, GanLoss.Find(config.Loss) ?? throw new ForgeException($"There is no GAN loss '{config.Loss}'. Use {string.Join(", ", GanLoss.All.Select(l => l.Name))}."));
        (Generator, Discriminator) = (BuildGenerator(config), BuildDiscriminator(config, Loss.AllowsBatchNormalization));
    }

    /// <summary>The shape.</summary>
    public DcGanConfig Config { get; }

    /// <summary>What is played for.</summary>
    public GanLoss Loss { get; }

    /// <summary>Noise (n, latent), with one-hot classes behind it where there are classes, to images.</summary>
    public Sequential Generator { get; }

    /// <summary>Images to logits (n, 1), or (n, 1 + classes): see <see cref="Judge"/>.</summary>
    public Sequential Discriminator { get; }

    /// <summary>Images from noise.</summary>
    /// <param name="noise">f32 (n, latent), standard normal.</param>
    /// <param name="classes">One-hot f32 (n, classes); not looked at where the model has none.</param>
    /// <param name="training">Whether this is a training step.</param>
    public Tensor Make(Tensor noise, Tensor classes, bool training) => Generator.Call(Config.Classes == 0 ? noise : Tensor.Concat(1, noise, classes), training);

    /// <summary>Logits (n, 1): large where the discriminator takes images for real ones of their classes.</summary>
    /// <param name="images">f32 (n, size, size, channels) in −1..1.</param>
    /// <param name="classes">One-hot f32 (n, classes); not looked at where the model has none.</param>
    public Tensor Judge(Tensor images, Tensor classes)
    {
        var parts = Discriminator.Call(images, training: true);
        return Config.Classes == 0 ? parts : parts.SliceAxis(1, 0, 1) + (parts.SliceAxis(1, 1, Config.Classes) * classes).Sum([1], keepDims: true);
    }

    /// <summary>Bytes 0..255 to −1..1.</summary>
    public static Tensor FromPixels(Tensor pixels) => pixels.Cast(DType.F32) * (1 / 127.5f) - 1f;

    private static (int Side, int Stages) Start(int size) => size == 28 ? (7, 2) : (4, 4);

    private static Sequential BuildGenerator(DcGanConfig config)
    {
        var (side, stages) = Start(config.Size);
        var filters = config.Width << (stages - 1);
        var layers = new List<Layer> { new Input(new Shape(config.Latent + config.Classes)), new Dense(side * side * filters, useBias: false), new Reshape((side, side, filters)), Normalization(), new ReLU() };
        for (var stage = stages - 2; stage >= 0; stage--)
            layers.AddRange([Doubling(config.Width << stage), Normalization(), new ReLU()]);
        layers.Add(Doubling(config.Channels, useBias: true, "tanh"));
        return new("generator", [.. layers]);
    }

    private static Sequential BuildDiscriminator(DcGanConfig config, bool normalizes)
    {
        var layers = new List<Layer> { new Input((config.Size, config.Size, config.Channels)), new Conv2D(config.Width, 4, 2, 1), new LeakyReLU(Slope) };
        for (var stage = 1; stage < Start(config.Size).Stages; stage++)
        {
            layers.Add(new Conv2D(config.Width << stage, 4, 2, 1, useBias: !normalizes));
            if (normalizes) layers.Add(Normalization());
            layers.Add(new LeakyReLU(Slope));
        }
        layers.AddRange([new Flatten(), new Dense(1 + config.Classes)]);
        return new("discriminator", [.. layers]);
    }

    // Images twice as high and wide.
    private static Conv2DTranspose Doubling(int filters, bool useBias = false, ActivationFunction? activation = null) => new(filters, 4, 2, 1, activation: activation, useBias: useBias);

    private static BatchNormalization Normalization() => new(form: UpdateForm.PyTorch);
}

/// <summary>How the configuration becomes JSON, written at build time.</summary>
[JsonSerializable(typeof(DcGanConfig))]
internal sealed partial class DcGanJson : JsonSerializerContext;
