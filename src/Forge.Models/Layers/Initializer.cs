using Forge.Core;
using MathNet.Numerics.LinearAlgebra;

namespace Forge.Models.Layers;

/// <summary>How many values a weight's output sums over, and how many outputs one input reaches: what scales initial weights.</summary>
/// <param name="In">Values summed for one output.</param>
/// <param name="Out">Outputs that one input reaches.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Fans(int In, int Out)
{
    /// <summary>The fans of a kernel: (in, out) for a matrix, (height, width, in, out) for a convolution.</summary>
    public static Fans Of(Shape kernel) => kernel.Rank switch
    {
        0 => new(1, 1),
        1 => new(kernel[0], kernel[0]),
        _ => new(kernel.Count / Math.Max(1, kernel[-1]), kernel.Count / Math.Max(1, kernel[-2])),
    };
}

/// <summary>Makes the first value of a weight from its shape and a 64-bit key: the same key gives the same value.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record Initializer
{
    // Philox counter words: (block, 0, 0, Purpose); keeps initial weights apart from other draws under one key.
    private const uint Purpose = 0x696e6974;

    /// <summary>Zero everywhere.</summary>
    public static Initializer Zeros { get; } = new Constant(0);

    /// <summary>One everywhere.</summary>
    public static Initializer Ones { get; } = new Constant(1);

    /// <summary>Uniform in ±√(6 / (in + out)): Keras's default for kernels.</summary>
    public static Initializer GlorotUniform { get; } = new VarianceScaling("glorot_uniform", 1, FanMode.Average, Spread.Uniform);

    /// <summary>Normal, cut at two deviations, of variance 2 / (in + out).</summary>
    public static Initializer GlorotNormal { get; } = new VarianceScaling("glorot_normal", 1, FanMode.Average, Spread.TruncatedNormal);

    /// <summary>Uniform in ±√(6 / in).</summary>
    public static Initializer HeUniform { get; } = new VarianceScaling("he_uniform", 2, FanMode.In, Spread.Uniform);

    /// <summary>Normal, cut at two deviations, of variance 2 / in.</summary>
    public static Initializer HeNormal { get; } = new VarianceScaling("he_normal", 2, FanMode.In, Spread.TruncatedNormal);

    /// <summary>Uniform in ±1/√in, for kernels and biases alike: PyTorch's default for Linear and Conv layers.</summary>
    public static Initializer PyTorchUniform { get; } = new VarianceScaling("pytorch_uniform", 1.0 / 3, FanMode.In, Spread.Uniform);

    /// <summary>Rows or columns of length one at right angles: (prod of all axes but the last, last) seen as a matrix.</summary>
    public static Initializer Orthogonal { get; } = new OrthogonalInitializer(1);

    /// <summary>The initialiser's name in a model's configuration.</summary>
    public abstract string Name { get; }

    /// <summary>Makes the value.</summary>
    /// <param name="shape">The weight's shape.</param>
    /// <param name="fans">The fans of the layer's kernel (a bias has its kernel's).</param>
    /// <param name="key">Decides every draw.</param>
    public HostTensor Make(Shape shape, Fans fans, ulong key)
    {
        var value = new HostTensor(new(DType.F32, shape));
        Fill(value.Span<float>(), shape, fans, new PhiloxSequence(key, Purpose));
        return value;
    }

    /// <summary>Writes every element, for an initialiser that begins with another's values.</summary>
    internal void FillAs(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws) => Fill(into, shape, fans, draws);

    /// <summary>Writes every element.</summary>
    protected abstract void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws);

    /// <summary>Two independent standard normal draws (Box and Muller 1958).</summary>
    private protected static (double, double) Normals(ref PhiloxSequence draws)
    {
        // (0, 1]: the logarithm of zero is never asked for.
        var (radius, angle) = ((draws.NextWord() + 1.0) / 4294967296.0, 2 * Math.PI * (draws.NextWord() / 4294967296.0));
        var length = Math.Sqrt(-2 * Math.Log(radius));
        return (length * Math.Cos(angle), length * Math.Sin(angle));
    }
}

/// <summary>One value everywhere.</summary>
/// <param name="Value">The value.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Constant(float Value) : Initializer
{
    /// <inheritdoc/>
    public override string Name => Value == 0 ? "zeros" : Value == 1 ? "ones" : "constant";

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws) => into.Fill(Value);
}

/// <summary>Uniform in [<paramref name="Low"/>, <paramref name="High"/>).</summary>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RandomUniform(double Low = -0.05, double High = 0.05) : Initializer
{
    /// <inheritdoc/>
    public override string Name => "random_uniform";

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws)
    {
        foreach (ref var element in into) element = (float)draws.NextBetween(Low, High);
    }
}

/// <summary>Normal with the given mean and deviation.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RandomNormal(double Mean = 0, double Deviation = 0.05) : Initializer
{
    /// <inheritdoc/>
    public override string Name => "random_normal";

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws)
    {
        for (var i = 0; i < into.Length; i += 2)
        {
            var (first, second) = Normals(ref draws);
            into[i] = (float)(Mean + Deviation * first);
            if (i + 1 < into.Length) into[i + 1] = (float)(Mean + Deviation * second);
        }
    }
}

/// <summary>Which fan divides the variance.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum FanMode
{
    /// <summary>Fan in.</summary>
    In,
    /// <summary>The mean of both fans.</summary>
    Average,
}

/// <summary>The shape of a random distribution.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Spread
{
    /// <summary>Uniform around zero.</summary>
    Uniform,
    /// <summary>Normal, drawn again beyond two deviations.</summary>
    TruncatedNormal,
}

/// <summary>Zero mean and variance scale / fan (Keras's VarianceScaling): Glorot, He and PyTorch's are cases of it.</summary>
/// <param name="Name">The name in a model's configuration.</param>
/// <param name="Scale">The numerator.</param>
/// <param name="Mode">The denominator.</param>
/// <param name="Spread">The distribution.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record VarianceScaling(string Name, double Scale, FanMode Mode, Spread Spread) : Initializer
{
    // The deviation of a standard normal cut at ±2.
    private const double CutDeviation = 0.87962566103423978;

    /// <inheritdoc/>
    public override string Name { get; } = Name;

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws)
    {
        var variance = Scale / Math.Max(1, Mode == FanMode.In ? fans.In : (fans.In + fans.Out) / 2.0);
        if (Spread == Spread.Uniform)
        {
            var limit = Math.Sqrt(3 * variance);
            foreach (ref var element in into) element = (float)draws.NextBetween(-limit, limit);
            return;
        }
        var deviation = Math.Sqrt(variance) / CutDeviation;
        for (var i = 0; i < into.Length;)
        {
            var (first, second) = Normals(ref draws);
            if (Math.Abs(first) <= 2) into[i++] = (float)(deviation * first);
            if (Math.Abs(second) <= 2 && i < into.Length) into[i++] = (float)(deviation * second);
        }
    }
}

/// <summary>A random matrix whose shorter side's vectors have length <paramref name="Gain"/> and are at right angles.</summary>
/// <param name="Gain">Multiplies every element.</param>
/// <remarks>The Q of a normal matrix, with the signs of R's diagonal, so that it is uniform over such matrices (Saxe et al. 2013).</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record OrthogonalInitializer(double Gain = 1) : Initializer
{
    /// <inheritdoc/>
    public override string Name => "orthogonal";

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws)
    {
        if (shape.Rank < 2) throw new ShapeException($"An orthogonal initial value needs a matrix or more axes, not {shape}. Use another initialiser.");
        var (columns, rows) = (shape[-1], shape.Count / Math.Max(1, shape[-1]));
        var (tall, wide) = (Math.Max(rows, columns), Math.Min(rows, columns));
        var normal = Matrix<double>.Build.Dense(tall, wide);
        for (var i = 0; i < tall; i++)
            for (var j = 0; j < wide; j++)
                normal[i, j] = Normals(ref draws).Item1;
        var factors = normal.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
            {
                var (row, column) = rows >= columns ? (i, j) : (j, i);
                into[i * columns + j] = (float)(Gain * factors.Q[row, column] * (factors.R[column, column] < 0 ? -1 : 1));
            }
    }
}
