using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Which way shifts and centres are taken; the two agree on square images that are not shifted.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum AffineConvention
{
    /// <summary>
    /// As Keras 3 computes: its matrix is built in (x, y) order and then swapped, so height_shift_range moves along columns and
    /// width_shift_range along rows, and an image that is not square turns about (width/2, height/2) read as (row, column).
    /// </summary>
    Keras,
    /// <summary>As the options' names say: height shifts move along rows, and the image turns about its centre.</summary>
    AsNamed,
}

/// <summary>The unit of a shear range.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum ShearUnit
{
    /// <summary>Degrees, as in Keras since 2018.</summary>
    Degrees,
    /// <summary>Radians, as in Keras before 2018.</summary>
    Radians,
}

/// <summary>What chance chose for one image: the parameters of its affine transform and its flips.</summary>
/// <param name="Rotation">Angle in radians.</param>
/// <param name="HeightShift">Pixels.</param>
/// <param name="WidthShift">Pixels.</param>
/// <param name="Shear">Angle in radians.</param>
/// <param name="ZoomX">Scale of columns read; below 1 magnifies.</param>
/// <param name="ZoomY">Scale of rows read; below 1 magnifies.</param>
/// <param name="FlipHorizontal">Mirror left to right, after the transform.</param>
/// <param name="FlipVertical">Mirror top to bottom, after the transform.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct AffineDraw(
    double Rotation, double HeightShift, double WidthShift, double Shear, double ZoomX, double ZoomY, bool FlipHorizontal, bool FlipVertical)
{
    // Keeps these draws apart from others under the same seed ("augm").
    private const uint Purpose = 0x6175676D;

    /// <summary>Draws for one image. A pure function of its arguments, whichever thread asks, in whichever order.</summary>
    /// <param name="ranges">The ranges to draw from.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="pass">Which pass over the data, from 0.</param>
    /// <param name="image">The image's index in the data set.</param>
    /// <param name="height">Rows of the image: a height shift below 1 is a fraction of them.</param>
    /// <param name="width">Columns of the image.</param>
    public static AffineDraw For(ImageDataGenerator ranges, ulong seed, int pass, int image, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        // Each parameter has its own word, drawn whether used or not: switching one option on leaves the others' draws alone.
        var draws = new PhiloxSequence(seed, Purpose, (uint)pass, (uint)image);
        var rotation = draws.NextBetween(-ranges.RotationRange, ranges.RotationRange) * (Math.PI / 180);
        var heightShift = draws.NextBetween(-ranges.HeightShiftRange, ranges.HeightShiftRange) * (ranges.HeightShiftRange < 1 ? height : 1);
        var widthShift = draws.NextBetween(-ranges.WidthShiftRange, ranges.WidthShiftRange) * (ranges.WidthShiftRange < 1 ? width : 1);
        var shear = draws.NextBetween(-ranges.ShearRange, ranges.ShearRange) * (ranges.ShearUnit == ShearUnit.Degrees ? Math.PI / 180 : 1);
        var zoomX = draws.NextBetween(ranges.ZoomRange.Low, ranges.ZoomRange.High);
        var zoomY = draws.NextBetween(ranges.ZoomRange.Low, ranges.ZoomRange.High);
        var flipHorizontal = draws.NextFloat() < 0.5f && ranges.HorizontalFlip;
        var flipVertical = draws.NextFloat() < 0.5f && ranges.VerticalFlip;
        return new(rotation, heightShift, widthShift, shear, zoomX, zoomY, flipHorizontal, flipVertical);
    }

    /// <summary>The pull mapping of this draw, flips folded in.</summary>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="convention">Keras's or the named meaning of shifts and centres.</param>
    /// <remarks>
    /// In (x, y) order, x along columns: rotation * shift * shear * zoom, about the centre c = (n - 1) / 2 of each side. For a square
    /// image with shear s alone: inRow = cos(s) zy (r - c) + c and inColumn = zx (q - c) - sin(s) zy (r - c) + c.
    /// </remarks>
    public AffineMatrix ToMatrix(int height, int width, AffineConvention convention = AffineConvention.Keras)
    {
        var (cosR, sinR) = (Math.Cos(Rotation), Math.Sin(Rotation));
        var (cosS, sinS) = (Math.Cos(Shear), Math.Sin(Shear));
        var keras = convention == AffineConvention.Keras;
        var (shiftX, shiftY) = keras ? (HeightShift, WidthShift) : (WidthShift, HeightShift);
        var (centreX, centreY) = keras ? ((height - 1) / 2.0, (width - 1) / 2.0) : ((width - 1) / 2.0, (height - 1) / 2.0);

        // Linear part: rotation times shear times zoom; the shift sits after the rotation.
        var (xx, xy) = (cosR * ZoomX, (-cosR * sinS - sinR * cosS) * ZoomY);
        var (yx, yy) = (sinR * ZoomX, (-sinR * sinS + cosR * cosS) * ZoomY);
        var (moveX, moveY) = (cosR * shiftX - sinR * shiftY, sinR * shiftX + cosR * shiftY);
        var offsetX = centreX + moveX - xx * centreX - xy * centreY;
        var offsetY = centreY + moveY - yx * centreX - yy * centreY;

        var matrix = new AffineMatrix(yy, yx, offsetY, xy, xx, offsetX);
        if (FlipHorizontal) matrix = matrix.FlippedHorizontally(width);
        return FlipVertical ? matrix.FlippedVertically(height) : matrix;
    }
}
