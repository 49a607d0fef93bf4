using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using MathNet.Numerics.LinearAlgebra;

namespace Forge.Models.Gan;

/// <summary>How good a generator's images are, as a classifier and the nearest real images tell.</summary>
/// <param name="Samples">Images that were made.</param>
/// <param name="ClassShares">The share of them that the classifier takes for each class.</param>
/// <param name="Frechet">The distance of their features from those of held-out images; smaller is better.</param>
/// <param name="Untrained">The same of an untrained generator of the same shape and seed.</param>
/// <param name="Nearest">Root mean squared pixel difference (0..1) from the nearest training image: the median over the images made.</param>
/// <param name="NearestHeldOut">The same of held-out images.</param>
/// <param name="Copies">Images made that differ from a training image by less than 2 of 255 grey levels in the root mean square.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GanScore(int Samples, IReadOnlyList<double> ClassShares, double Frechet, double Untrained, double Nearest, double NearestHeldOut, int Copies)
{
    private const double CopyDistance = 2.0 / 255;

    /// <summary>Classes with at least this share count as seen.</summary>
    public const double LeastShare = 0.03;

    /// <summary>Classes that have <see cref="LeastShare"/> of the images or more.</summary>
    public int ClassesSeen => ClassShares.Count(s => s >= LeastShare);

    /// <summary>Judges a generator.</summary>
    /// <param name="gan">The generator.</param>
    /// <param name="untrained">One of the same shape that learnt nothing.</param>
    /// <param name="classifier">Tells the classes apart; takes images of the generator's size and colours.</param>
    /// <param name="training">What the generator learnt from.</param>
    /// <param name="heldOut">Images of the same kind that it did not.</param>
    /// <param name="samples">Images to make, at least 2.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ShapeException">The classifier takes other images.</exception>
    public static GanScore Of(SavedGan gan, GanTrainer untrained, SavedClassifier classifier, LabelledImages training, LabelledImages heldOut, int samples, CancellationToken cancellation = default)
    {
        var config = gan.Trainer.Gan.Config;
        if (!classifier.ImageShape.Equals(new Shape(config.Size, config.Size, config.Channels)))
            throw new ShapeException($"The classifier takes images of {classifier.ImageShape}, the generator makes {config.Size}x{config.Size}x{config.Channels}. Train a classifier on the generator's data.");
        var engine = gan.Trainer.Engine;
        int[]? classes = config.Classes == 0 ? null : [.. Enumerable.Range(0, samples).Select(i => i % config.Classes)];
        var noise = LatentNoise.Of(samples, config.Latent, engine.Options.Seed);
        var made = Pixels(gan.Make(noise, classes, cancellation: cancellation));
        var real = Take(heldOut, 0, heldOut.Count);
        var features = classifier.Features(real, cancellation);
        var shares = new double[classifier.ClassNames.Count];
        foreach (var label in classifier.Labels(made, cancellation)) shares[label] += 1.0 / samples;
        var frechet = FrechetDistance.Between(features, classifier.Features(made, cancellation));
        var before = FrechetDistance.Between(features, classifier.Features(Pixels(SavedGan.Make(untrained, noise, classes, cancellation: cancellation)), cancellation));
        var nearest = NearestDistances(engine, made, training, cancellation);
        var control = NearestDistances(engine, Take(heldOut, 0, Math.Min(samples, heldOut.Count)), training, cancellation);
        return new(samples, shares, frechet, before, Median(nearest), Median(control), nearest.Count(d => d < CopyDistance));
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static HostTensor Pixels(HostTensor images)
    {
        var bytes = new HostTensor(images.Type with { DType = DType.U8 });
        var size = images.Type.Count / images.Shape[0];
        for (var i = 0; i < images.Shape[0]; i++) SampleGrid.ImageOf(images, i).Pixels.CopyTo(bytes.Span<byte>()[(i * size)..]);
        return bytes;
    }

    private static HostTensor Take(LabelledImages images, int start, int count)
    {
        var (size, taken) = (images.Height * images.Width * images.Channels, new HostTensor(new(DType.U8, (count, images.Height, images.Width, images.Channels))));
        images.Pixels.AsSpan(start * size, count * size).CopyTo(taken.Span<byte>());
        return taken;
    }

    // |a - b|² = |a|² + |b|² - 2 a·b, some training images at a time: one product a part.
    private static double[] NearestDistances(Engine engine, HostTensor images, LabelledImages training, CancellationToken cancellation)
    {
        const int Part = 5000;
        var pixels = training.Height * training.Width * training.Channels;
        using var distances = engine.Compile((a, b) =>
        {
            var (x, y) = (Flat(a), Flat(b));
            return (x.SumSquares([1], keepDims: true) + y.SumSquares([1]).Reshape(1, y.Shape[0]) - 2f * x.MatMul(y.Transpose(1, 0))).Min([1]);
        });
        var least = Enumerable.Repeat(double.PositiveInfinity, images.Shape[0]).ToArray();
        for (var start = 0; start < training.Count; start += Part)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = distances.Run(images, Take(training, start, Math.Min(Part, training.Count - start)))[0].Span<float>();
            for (var i = 0; i < least.Length; i++) least[i] = Math.Min(least[i], Math.Sqrt(Math.Max(0, part[i]) / pixels));
        }
        return least;

        Tensor Flat(Tensor x) => (x.Cast(DType.F32) * (1 / 255f)).Reshape((x.Shape[0], pixels));
    }
}

/// <summary>The Fréchet distance of two clouds of points, each taken for normally distributed: |m − n|² + tr(C + D − 2 √(CD)).</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class FrechetDistance
{
    /// <summary>The distance.</summary>
    /// <param name="first">f32 (n, features), n at least 2.</param>
    /// <param name="second">f32 (m, features), m at least 2.</param>
    public static double Between(HostTensor first, HostTensor second)
    {
        var ((m, c), (n, d)) = (Moments(first), Moments(second));
        var root = Root(c);
        return (m - n).DotProduct(m - n) + c.Trace() + d.Trace() - 2 * Root(root * d * root).Trace();
    }

    private static (Vector<double> Mean, Matrix<double> Covariance) Moments(HostTensor points)
    {
        var (rows, columns) = (points.Shape[0], points.Shape[1]);
        var all = Matrix<double>.Build.Dense(rows, columns, (i, j) => points.Span<float>()[i * columns + j]);
        var mean = all.ColumnSums() / rows;
        var centred = Matrix<double>.Build.Dense(rows, columns, (i, j) => all[i, j] - mean[j]);
        return (mean, centred.TransposeThisAndMultiply(centred) / (rows - 1));
    }

    // Of a symmetric matrix without negative eigenvalues but for rounding.
    private static Matrix<double> Root(Matrix<double> matrix)
    {
        var evd = ((matrix + matrix.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        return evd.EigenVectors * Matrix<double>.Build.DiagonalOfDiagonalVector(evd.EigenValues.Real().Map(v => Math.Sqrt(Math.Max(0, v)))) * evd.EigenVectors.Transpose();
    }
}
