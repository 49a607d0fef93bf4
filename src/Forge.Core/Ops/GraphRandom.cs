using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>
/// How random ops address Philox. Element i of a random tensor is made of word i mod 4 of the block with
/// counter (⌊i/4⌋, stream, step, <see cref="Purpose"/>) and key (seed low, seed high). shaders/include/philox.glsl does the same.
/// </summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class GraphRandom
{
    /// <summary>Counter word 3: keeps a graph's draws apart from those of initializers and data sets, which share the seed. "GRPH".</summary>
    public const uint Purpose = 0x47525048;

    /// <summary>The words of elements 4·block to 4·block + 3.</summary>
    /// <param name="key">The values of seed low, seed high and step.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="block">Which block.</param>
    internal static PhiloxBlock Block(IReadOnlyList<ReferenceTensor> key, int stream, int block) =>
        Philox.Block((uint)block, (uint)stream, (uint)key[^1][0], Purpose, (ulong)(uint)key[^2][0] << 32 | (uint)key[^3][0]);

    /// <summary>Throws unless the last three inputs are u32 scalars.</summary>
    internal static void CheckKey(Op op, IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count < 3) throw new ShapeException(op, inputs, "seed low, seed high and step are missing", "Pass the three scalars of graph.Key.");
        string[] names = ["seed low", "seed high", "step"];
        for (var i = 0; i < 3; i++) inputs[inputs.Count - 3 + i].MustBe(DType.U32, rank: 0, names[i]);
    }

    /// <summary>A seed and a step.</summary>
    internal static ReferenceTensor[] SampleKey(Draw draw) =>
        [.. Enumerable.Range(0, 3).Select(_ => draw.Integers(Shape.Scalar, DType.U32, 0, uint.MaxValue))];

    /// <summary>The scalars of the graph's key, in the order in which random ops take them.</summary>
    public static Tensor[] KeyOf(Graph graph) => [graph.Read(graph.Key.SeedLow), graph.Read(graph.Key.SeedHigh), graph.Read(graph.Key.Step)];

    /// <summary>Random words, uniform over all 2^32 values.</summary>
    /// <param name="graph">The graph being traced.</param>
    /// <param name="shape">The shape.</param>
    public static Tensor RandomBits(this Graph graph, Shape shape) => new RandomBitsOp(shape, graph.NextStream()).On(KeyOf(graph));

    /// <summary>Numbers uniform in [low, high).</summary>
    /// <param name="graph">The graph being traced.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="low">The least number.</param>
    /// <param name="high">What numbers stay below, but for rounding.</param>
    public static Tensor RandomUniform(this Graph graph, Shape shape, float low = 0, float high = 1) =>
        new RandomUniformOp(shape, graph.NextStream(), low, high).On(KeyOf(graph));

    /// <summary>Normal numbers.</summary>
    /// <param name="graph">The graph being traced.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="mean">Their mean.</param>
    /// <param name="deviation">Their standard deviation.</param>
    public static Tensor RandomNormal(this Graph graph, Shape shape, float mean = 0, float deviation = 1) =>
        new RandomNormalOp(shape, graph.NextStream(), mean, deviation).On(KeyOf(graph));
}
