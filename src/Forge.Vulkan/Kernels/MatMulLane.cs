using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The lane variants of MatMul: shaders/MatMul.lane.comp with either factor in the role that is read by the vector, each as it lies or packed into panels first.
/// </summary>
/// <remarks>
/// Offered where the role of 16 columns has 16 or more, batches are whole or a single matrix, and the grid stays within what uniform15 takes; the rest is
/// for the portable kernel. Which is the default follows from an estimate of their work.
/// </remarks>
internal static class MatMulLane
{
    // What is far behind by estimate would only be compiled and tested for nothing.
    private const int Offered = 4;

    private const uint PackRun = 256, LanePackRun = 32, SumLanes = 64;

    // Terms of a slice where K is cut into slices, and elements of the partial results at most.
    private const uint SliceTerms = 1152, MostPartial = 1 << 20;

    // Outputs past this do not stay in a core's second cache.
    private const long StreamedBytes = 1 << 20;

    /// <summary>The variants that fit, the fastest by estimate first.</summary>
    public static IEnumerable<Variant> Variants(MatMulOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        LaneForm.Of(limits) is { } form && inputs[0].DType == DType.F32
            ? Candidates(op, inputs, outputs, form).OrderBy(c => c.Work).Take(Offered).Select(c => c.Variant with { Tunables = c.Tunables })
            : [];

    /// <summary>A variant with rows of a tile, terms of a chunk or slices of the sum set; null where they do not fit.</summary>
    public static Variant? Tuned(MatMulOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        (Candidates(op, inputs, outputs, LaneForm.Of(variant)).First(c => c.Variant.Name == variant.Name) with { Settings = settings }) is { Fits: true } candidate
            ? candidate.Variant with { Settings = settings } : null;

    /// <summary>What a variant dispatches.</summary>
    public static KernelPlan Plan(MatMulOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        (Candidates(op, inputs, outputs, LaneForm.Of(variant)).First(c => c.Variant.Name == variant.Name) with { Settings = variant.Settings ?? [] }).Plan();

    private static IEnumerable<Candidate> Candidates(MatMulOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, LaneForm form)
    {
        var (a, b) = (inputs[0].Shape, inputs[1].Shape);
        var (m, n, k) = op.Extents(a, b);
        var (batchA, batchB, batch) = (Matrices(a), Matrices(b), Matrices(outputs[0].Shape));
        if (m == 0 || n == 0 || k == 0 || batch == 0 || (batchA != batch && batchA != 1) || (batchB != batch && batchB != 1))
            yield break;
        if (batch > 1 && batchB == 1 && !op.TransposeA && (long)batch * m <= int.MaxValue)
            (m, batch, batchA) = (batch * m, 1, 1); // the matrices of a lie below one another: one tall matrix
        if (op.WithColumnSums && n % 2 != 0)
            yield break;
        foreach (var swap in (bool[])[false, true])
            foreach (var vectors in (bool[])[false, true])
                foreach (var words in (bool[])[false, true])
                {
                    var candidate = new Candidate(op, form, swap, words, vectors, (uint)m, (uint)n, (uint)k, (uint)batch, batchA > 1, batchB > 1);
                    if (candidate.Fits)
                        yield return candidate;
                }
    }

    private static int Matrices(Shape shape) => new Shape(shape.Extents[..^2]).Count;

    /// <summary>One choice of roles and layout for given extents.</summary>
    private sealed record Candidate(MatMulOp Op, LaneForm Form, bool Swap, bool PacksWords, bool PacksVectors, uint M, uint N, uint K, uint Batch, bool BatchedA, bool BatchedB)
    {
        /// <summary>What is not at its default.</summary>
        public IReadOnlyList<Setting> Settings { get; init; } = [];

        /// <summary>What may be set.</summary>
        public IReadOnlyList<Tunable> Tunables
        {
            get
            {
                var (usual, tunables) = (Terms, LaneTerms.RowsTunable(I, Rows, r => With("rows", r).Fits).ToList());
                uint[] terms = [.. new uint[] { 48, 56, 64, 80 }.Where(t => With("terms", t) is { Fits: true } other && other.Terms != usual)];
                if (terms.Length > 0) tunables.Add(new("terms", [LaneTerms.MostTerms, .. terms]));
                uint[] slices = [.. new uint[] { 1, 2, 4, 8, 16, 32 }.Where(s => s != usual.Slices && MaySlice && K >= 64 * s && (ulong)s * M * N <= MostPartial && With("slices", s) is { Fits: true } other && other.Terms.Slices == s)];
                if (slices.Length > 0) tunables.Add(new("slices", [usual.Slices, .. slices]));
                return tunables;
            }
        }

        private Candidate With(string name, uint value) => this with { Settings = [new(name, value)] };

        // i runs over rows of the tile, j over its 16 columns.
        private uint I => Swap ? N : M;
        private uint J => Swap ? M : N;
        private uint Rows => Set("rows", LaneTerms.Rows(I, K));
        private (uint I, uint J) Tiles => (LaneTerms.Tiles(I, Rows), LaneTerms.Tiles(J, 16));
        private Grid Grid => new(Tiles.I, Tiles.J, Math.Max(Terms.Slices, Batch));

        // Stored (I, K): the terms of a row are neighbours. Stored (K, J): the columns of a term are.
        private bool WordsAreNeighbours => Swap ? Op.TransposeB : !Op.TransposeA;
        private bool VectorsAreNeighbours => Swap ? Op.TransposeA : !Op.TransposeB;
        private uint WordTerm => PacksWords ? Rows : WordsAreNeighbours ? 1 : I;
        private uint VectorTerm => PacksVectors ? 16 : J;
        private bool MaySlice => Batch == 1 && (ulong)M * N % 2 == 0;

        // Partial results pay where tiles are few and terms many: the factors' parts then stay in the caches.
        private uint WantedSlices => MaySlice && K >= 2048 ? Math.Min((K + SliceTerms - 1) / SliceTerms, Math.Max(1, MostPartial / (M * N))) : 1;
        private LaneTerms Terms => LaneTerms.Split(K, Set("slices", WantedSlices), Set("terms", LaneTerms.MostTerms), Form.MostSubgroups);

        public bool Fits => J >= 16 && (PacksVectors || VectorsAreNeighbours) && !(PacksWords && (WordsAreNeighbours || Rows % 2 != 0))
            && Tiles.I <= LaneTerms.MaxAxis && Tiles.J <= LaneTerms.MaxAxis && Batch <= LaneTerms.MaxAxis
            && (MaySlice || Terms.Slices == 1) && (long)K * Math.Max(I, J) < int.MaxValue / 4 && (long)M * N < int.MaxValue / 4;

        public Variant Variant => new(Family.Lane, Form.NameOf((Swap ? "swap" : "straight") + (PacksWords ? "-words" : "") + (PacksVectors ? "-vectors" : "")),
            Terms.Group, Constants, LaneTable: Form.Table);

        /// <summary>Estimated work, in cycles of one core.</summary>
        public double Work
        {
            get
            {
                var (terms, tiles) = (Terms, (double)Tiles.I * Tiles.J * Batch);
                // What lies a multiple of 4 KiB apart shares sets of the first cache; large strides need a page a term.
                var pace = Stride(VectorTerm, 16) * Stride(WordTerm, Rows);
                // Tiles of short sums wait for the stores: those that leave a large output's rows unfinished wait longest.
                var stores = K <= 256 && 4L * M * N > StreamedBytes && (!Swap || N % 1024 == 0) ? 100.0 * Rows : 0;
                var product = tiles * terms.Slices * (terms.Subgroups * (terms.Terms * (5.0 * Rows + 2) / 3 * pace + 120) + 400 + stores);
                return product + (PacksWords ? Packing(I, Swap ? BatchedB : BatchedA, false) : 0) + (PacksVectors ? Packing(J, Swap ? BatchedA : BatchedB, !VectorsAreNeighbours) : 0);

                static double Stride(uint term, uint width) => term <= width ? 1.0 : term % 1024 == 0 ? 2.5 : term % 256 == 0 ? 1.4 : term >= 512 ? 1.2 : 1.0;
                double Packing(uint columns, bool batched, bool transposed) => 150_000 + (double)K * columns * (batched ? Batch : 1) * (transposed ? 1.8 : 1.2);
            }
        }

        private uint Set(string name, uint otherwise)
        {
            foreach (var setting in Settings)
                if (setting.Name == name)
                    return setting.Value;
            return otherwise;
        }

        private uint[] Constants
        {
            get
            {
                var terms = Terms;
                var sliced = terms.Slices > 1 ? 2u : Batch > 1 ? 1u : 0u;
                var epilogue = terms.Slices > 1 ? default : Op.Epilogue; // else where the slices are added up
                return [terms.Group, Rows, terms.Terms, terms.Skip, WordTerm, VectorTerm, PacksWords ? 1u : 0u, PacksVectors ? 1u : 0u, Swap ? 1u : 0u, sliced, .. EpilogueConstants.Of(epilogue), LaneTerms.Digits(Grid), Form.Constant(terms.Subgroups)];
            }
        }

        public KernelPlan Plan()
        {
            var terms = Terms;
            var (words, vectors) = Swap ? (Slot.Input(1), Slot.Input(0)) : (Slot.Input(0), Slot.Input(1));
            var (wordMatrices, vectorMatrices) = (Swap ? BatchedB : BatchedA) ? (Batch, BatchedA && BatchedB ? Batch : 1) : (1u, (Swap ? BatchedA : BatchedB) ? Batch : 1);
            List<Dispatch> dispatches = [];
            List<long> scratch = [];
            var (wordWidth, vectorWidth) = (I, J); // words a term takes up, all tiles together
            if (PacksWords) (words, wordWidth) = Pack(words, I, Rows, wordMatrices, transposed: false);
            if (PacksVectors) (vectors, vectorWidth) = Pack(vectors, J, 16, vectorMatrices, !VectorsAreNeighbours);
            var bias = Op.Epilogue.HasBias ? Slot.Input(2) : words;
            var y = Slot.Output(0);
            if (terms.Slices > 1) y = Scratch(4L * terms.Slices * M * N);
            var slice = terms.Subgroups * terms.Terms;
            dispatches.Add(new(Grid,
            [
                0, I, J, K,
                terms.Slices > 1 ? slice * WordTerm : wordMatrices > 1 ? wordWidth * K : 0,
                terms.Slices > 1 ? slice * VectorTerm : vectorMatrices > 1 ? vectorWidth * K : 0,
                M * N, terms.Slices - 1,
            ], [words, vectors, bias, y]));
            if (terms.Slices > 1)
                dispatches.Add(new(Grid.Linear(M * N / 2, SumLanes), [M * N, terms.Slices, N], [y with { Written = false }, bias, Slot.Output(0)], "MatMul.sum.comp",
                    [SumLanes, .. EpilogueConstants.Of(Op.Epilogue)], LaneTable: 0));
            // The column sums of b: its K rows, added up.
            if (Op.WithColumnSums)
                dispatches.Add(new(Grid.Linear(N / 2, LaneTerms.Lanes), [N, K, N], [Slot.Input(1), Slot.Input(1), Slot.Output(1)], "MatMul.sum.comp",
                    [LaneTerms.Lanes, .. EpilogueConstants.Of(default)], LaneTable: 0));
            return new KernelPlan(dispatches, scratch);

            Slot Scratch(long bytes)
            {
                scratch.Add(bytes);
                return Slot.Scratch(scratch.Count - 1);
            }

            (Slot Panels, uint Width) Pack(Slot source, uint columns, uint width, uint matrices, bool transposed)
            {
                var count = LaneTerms.Tiles(columns, width);
                var panels = Scratch(4L * matrices * count * K * width);
                var run = Math.Min(K, LanePackRun);
                var grid = new Grid(LaneTerms.Tiles(K, run), count, matrices);
                if (width == 16 && !transposed && grid.X <= LaneTerms.MaxAxis)
                    dispatches.Add(new(grid, [K, columns, count], [source, panels], "MatMul.pack.lane.comp", [LaneTerms.Lanes, run, LaneTerms.Digits(grid)]));
                else dispatches.Add(new(new Grid(LaneTerms.Tiles(K, PackRun), count, matrices), [K, columns, count, PackRun], [source, panels], "MatMul.pack.comp",
                    [width / 2, transposed ? 1u : 0u], LaneTable: 0));
                return (panels with { Written = false }, count * width);
            }
        }
    }
}
