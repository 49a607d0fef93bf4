using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Datasets;

/// <summary>The range zooms are drawn from; a single number z means (1 - z, 1 + z). Below 1 magnifies.</summary>
/// <param name="Low">The smallest zoom.</param>
/// <param name="High">The largest zoom.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct ZoomRange(double Low, double High)
{
    /// <summary>The range (1 - <paramref name="zoom"/>, 1 + <paramref name="zoom"/>).</summary>
    public static implicit operator ZoomRange(double zoom) => new(1 - zoom, 1 + zoom);

    /// <summary>The range (1 - <paramref name="zoom"/>, 1 + <paramref name="zoom"/>).</summary>
    public static ZoomRange FromDouble(double zoom) => zoom;
}

/// <summary>Keras's ImageDataGenerator: random shear, zoom, rotation, shifts and flips, then a rescale.</summary>
/// <remarks>
/// Per image: decode, colour, resize, float 0..255, affine transform, flips, and last the rescale. Draws come from (seed, pass, image
/// index), so batches are the same whatever the number of threads, and a run can be resumed anywhere.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ImageDataGenerator
{
    /// <summary>Multiplies every value last; 1/255 brings bytes to 0..1.</summary>
    public float Rescale { get; init; } = 1;

    /// <summary>Rotations are drawn from (-this, this), in degrees.</summary>
    public double RotationRange { get; init; }

    /// <summary>Width shifts are drawn from (-this, this): a fraction of the width below 1, pixels otherwise.</summary>
    public double WidthShiftRange { get; init; }

    /// <summary>Height shifts are drawn from (-this, this): a fraction of the height below 1, pixels otherwise.</summary>
    public double HeightShiftRange { get; init; }

    /// <summary>Shear angles are drawn from (-this, this), in <see cref="ShearUnit"/>.</summary>
    public double ShearRange { get; init; }

    /// <summary>The unit of <see cref="ShearRange"/>.</summary>
    public ShearUnit ShearUnit { get; init; } = ShearUnit.Degrees;

    /// <summary>Column and row zooms are drawn from this range, independently.</summary>
    public ZoomRange ZoomRange { get; init; } = new(1, 1);

    /// <summary>Mirrors half of the images left to right.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>Mirrors half of the images top to bottom.</summary>
    public bool VerticalFlip { get; init; }

    /// <summary>What lies outside an image.</summary>
    public FillMode FillMode { get; init; } = FillMode.Nearest;

    /// <summary>The value outside for <see cref="FillMode.Constant"/>, in 0..255.</summary>
    public float FillValue { get; init; }

    /// <summary>1 interpolates linearly, 0 takes the nearest pixel.</summary>
    public int InterpolationOrder { get; init; } = 1;

    /// <summary>The first fraction of each class that <see cref="Subset.Validation"/> stands for, in [0, 1).</summary>
    public double ValidationSplit { get; init; }

    /// <summary>Keras's or the named meaning of shifts and centres.</summary>
    public AffineConvention Convention { get; init; } = AffineConvention.Keras;

    /// <summary>Whether any image may come out other than it went in, apart from the rescale.</summary>
    public bool Augments => RotationRange != 0 || WidthShiftRange != 0 || HeightShiftRange != 0 || ShearRange != 0
        || ZoomRange != new ZoomRange(1, 1) || HorizontalFlip || VerticalFlip;

    /// <summary>The pull mapping of one image in one pass.</summary>
    /// <inheritdoc cref="AffineDraw.For"/>
    public AffineMatrix MatrixFor(ulong seed, int pass, int image, int height, int width) =>
        Augments ? AffineDraw.For(this, seed, pass, image, height, width).ToMatrix(height, width, Convention) : AffineMatrix.Identity;

    /// <summary>Batches of the images below a folder, one sub-folder a class.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="options">Size, batch, order and the rest.</param>
    /// <exception cref="DataException">The folder is missing or empty, has fewer than two classes, or an image cannot be decoded.</exception>
    public FolderBatches FlowFromDirectory(string folder, FlowOptions? options = null) => new(this, folder, options ?? new());

    /// <summary>Batches of pictures in memory.</summary>
    /// <param name="images">The pictures; they keep their size.</param>
    /// <param name="options">Batch, order and the rest; the target size is not used.</param>
    public MemoryBatches Flow(LabelledImages images, FlowOptions? options = null) => new(this, images, options ?? new());

    internal void Validate()
    {
        Check(RotationRange >= 0 && double.IsFinite(RotationRange), nameof(RotationRange), RotationRange, "at least 0");
        Check(WidthShiftRange >= 0 && double.IsFinite(WidthShiftRange), nameof(WidthShiftRange), WidthShiftRange, "at least 0");
        Check(HeightShiftRange >= 0 && double.IsFinite(HeightShiftRange), nameof(HeightShiftRange), HeightShiftRange, "at least 0");
        Check(ShearRange >= 0 && double.IsFinite(ShearRange), nameof(ShearRange), ShearRange, "at least 0");
        Check(ZoomRange.Low > 0 && ZoomRange.High >= ZoomRange.Low && double.IsFinite(ZoomRange.High), nameof(ZoomRange), ZoomRange, "positive and in order");
        Check(ValidationSplit is >= 0 and < 1, nameof(ValidationSplit), ValidationSplit, "at least 0 and below 1");
        Check(InterpolationOrder is 0 or 1, nameof(InterpolationOrder), InterpolationOrder, "0 or 1");
        Check(float.IsFinite(Rescale), nameof(Rescale), Rescale, "finite");

        static void Check(bool holds, string name, object value, string needed)
        {
            if (!holds) throw new ForgeException($"ImageDataGenerator: {name} is {value}, but must be {needed}.");
        }
    }
}
