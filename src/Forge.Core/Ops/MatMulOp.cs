using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Multiplies matrices: y[…, m, n] = activation(Σₖ a[…, m, k] · b[…, k, n] + bias[n]).</summary>
/// <param name="TransposeA">a is stored (…, K, M).</param>
/// <param name="TransposeB">b is stored (…, N, K).</param>
/// <param name="Epilogue">What happens to each sum before it is stored; set by a fusion pass.</param>
/// <param name="WithColumnSums">Also gives s[n] = Σₖ b[k, n]: with b the cotangent of a dense layer, the gradient of its bias. Set by a fusion pass.</param>
/// <remarks>
/// <para>a (…, M, K) and b (…, K, N) of rank 2 or more, both f32, f16 or bf16, bias (N) f32 if the epilogue has one → y (…, M, N) f32, and s (N) f32
/// if asked for. Leading axes are batches and broadcast. 16-bit factors are multiplied exactly and summed in f32.</para>
/// <para>Sums of K products are rounded in an order each kernel chooses: the error is at most about K · 2⁻²⁴ · Σ|a||b|. K = 0 gives zeros.</para>
/// </remarks>
/// <exception cref="ShapeException">The dtypes differ, a rank is below 2, the two K differ, the batches do not broadcast, or column sums are asked of a batch or of a transposed b.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record MatMulOp(bool TransposeA = false, bool TransposeB = false, Epilogue Epilogue = default, bool WithColumnSums = false) : Op, ISampled
{
    /// <summary>Work up to which a product costs a device less than starting one more dispatch, in floating-point operations.</summary>
    public const double SmallFlops = 400_000;

    /// <summary>The extents of one product: y (M, N) of K terms.</summary>
    public (int M, int N, int K) Extents(Shape a, Shape b) =>
        (TransposeA ? a[-1] : a[-2], TransposeB ? b[-2] : b[-1], TransposeA ? a[-2] : a[-1]);

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count < 2) throw new ShapeException($"{Name} takes two matrices, not {inputs.Count}.");
        _ = Operands.Check(this, inputs, "a", "b");
        var (a, b) = (inputs[0].Shape, inputs[1].Shape);
        if (a.Rank < 2 || b.Rank < 2)
            throw new ShapeException(this, inputs, $"a has rank {a.Rank} and b rank {b.Rank}, but both must be matrices or batches of them", "Reshape a vector to (1, K) or (K, 1).");
        var (m, n, k) = Extents(a, b);
        var kb = TransposeB ? b[-1] : b[-2];
        if (k != kb)
            throw new ShapeException(this, inputs, $"a has {k} columns{(TransposeA ? " once transposed" : "")} but b has {kb} rows{(TransposeB ? " once transposed" : "")}",
                "The inner extents must be equal: check the order of the factors and the transpose flags.");
        var batch = Shape.Broadcast(Batch(a), Batch(b));
        Epilogue.Check(this, inputs, without: 2, new Shape([.. batch.Extents, m, n]));
        if (!WithColumnSums) return [new(DType.F32, new Shape([.. batch.Extents, m, n]))];
        if (batch.Rank > 0 || TransposeB)
            throw new ShapeException(this, inputs, "column sums are of one matrix b stored (K, N)", "Use a Sum.");
        return [new(DType.F32, new Shape(m, n)), new(DType.F32, new Shape(n))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (a, b, y) = (inputs[0], inputs[1], outputs[0]);
        var (m, n, k) = Extents(a.Shape, b.Shape);
        var (aRow, aTerm) = TransposeA ? (1, m) : (k, 1);
        var (bTerm, bColumn) = TransposeB ? (1, k) : (n, 1);
        var batch = Batch(y.Shape);
        var (batchesOfA, batchesOfB) = (new BroadcastIndex(Batch(a.Shape), batch), new BroadcastIndex(Batch(b.Shape), batch));
        for (var at = 0; at < batch.Count; at++)
        {
            var (a0, b0) = (batchesOfA.At(at) * m * k, batchesOfB.At(at) * k * n);
            for (var row = 0; row < m; row++)
            {
                var sums = y.Elements.AsSpan((at * m + row) * n, n);
                for (var term = 0; term < k; term++)
                {
                    var factor = a[a0 + row * aRow + term * aTerm];
                    for (var column = 0; column < n; column++) sums[column] += factor * b[b0 + term * bTerm + column * bColumn];
                }
            }
        }
        Epilogue.Apply(y, inputs);
        if (WithColumnSums)
            for (var i = 0; i < b.Elements.Length; i++) outputs[1][i % n] += b[i];
    }

    // With A and B the factors as multiplied, dA = dY Bᵗ and dB = Aᵗ dY; a factor stored transposed gets the transpose of that product,
    // which is again one product. A batch axis that was stretched is summed.
    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        if (!Epilogue.IsNone) throw Epilogue.NotDifferentiable(node);
        var (a, b) = (node.Inputs[0], node.Inputs[1]);
        Tensor? da = null, db = null;
        if (cotangents.Flows(0))
        {
            var dy = cotangents[0].Cast(a.DType);
            da = (TransposeA ? b.MatMul(dy, TransposeB, true) : dy.MatMul(b, false, !TransposeB)).SumTo(a.Shape);
            db = (TransposeB ? dy.MatMul(a, true, TransposeA) : a.MatMul(dy, !TransposeA, false)).SumTo(b.Shape);
        }
        if (WithColumnSums && cotangents.Flows(1))
        {
            var stretched = node.Graph.Full(new(DType.F32, b.Shape), 0) + cotangents[1]; // s sums over rows, so each row gets all of it
            db = db is null ? stretched : db + stretched;
        }
        return [da?.Cast(a.DType), db?.Cast(b.DType)];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, flopsPerOutput: 0) with { Flops = 2.0 * outputs[0].Count * Extents(inputs[0].Shape, inputs[1].Shape).K };

    // Extents on both sides of the tiles that kernels use, and batches that stretch on either side.
    public static OpCase Sample(Draw draw)
    {
        var (m, n, k) = (Extent(draw), Extent(draw), Extent(draw));
        var op = new MatMulOp(draw.Bool(), draw.Bool());
        var (batchA, batchB) = (Shape.Scalar, Shape.Scalar);
        switch (draw.Int(0, 4))
        {
            case 1: (batchA, batchB) = Sampling.BroadcastPair(draw, maxRank: 3, high: 3); break;
            case 2: op = op with { Epilogue = Epilogue.Sample(draw) }; break;
            case 3: op = op with { TransposeB = false, WithColumnSums = true }; break;
            case 4: op = op with { Epilogue = Epilogue.Sample(draw) with { IsGated = true } }; break;
        }
        var a = new Shape([.. batchA.Extents, .. op.TransposeA ? (int[])[k, m] : [m, k]]);
        var b = new Shape([.. batchB.Extents, .. op.TransposeB ? (int[])[n, k] : [k, n]]);
        List<ReferenceTensor> inputs = [draw.Uniform(a), draw.Uniform(b)];
        if (op.Epilogue.HasBias) inputs.Add(draw.Uniform(new Shape(n)));
        if (op.Epilogue.IsGated) inputs.Add(draw.Uniform(new Shape(m, n)));
        return Operands.Sample(draw, new(op, [.. inputs]));
    }

    private static int Extent(Draw draw) => draw.Int(0, 3) switch
    {
        0 => draw.Int(1, 9),
        1 => draw.Int(10, 40),
        2 => 4 * draw.Int(1, 24),
        _ => draw.OneOf(63, 64, 65, 97, 128, 131),
    };

    internal static Shape Batch(Shape matrices) => new(matrices.Extents[..^2]);
}
