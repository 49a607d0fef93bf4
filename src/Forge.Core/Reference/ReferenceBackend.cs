namespace Forge.Core.Reference;

/// <summary>Runs plans in fp64 on the host, every value in its planned place: the oracle of whole plans, and slow.</summary>
/// <remarks>
/// A region is an array with one fp64 cell a byte; an element lies in the cell of its first byte. A wrong placement or order therefore
/// shows in the results. The arena is NaN before each run, and what is free in it after each step, so nothing may depend on
/// what an earlier run left, or read what the planner gave up. State is f32 between runs.
/// </remarks>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public sealed class ReferenceBackend : IBackend
{
    /// <inheritdoc/>
    public string Description => "fp64 reference (host, slow)";

    /// <summary>What the planner is told; tests narrow it.</summary>
    public BackendTraits Traits { get; init; } = new();

    /// <inheritdoc/>
    public IReadOnlyList<string> VariantTable => ["on " + Description];

    /// <inheritdoc/>
    public IReadOnlyList<string> VariantDepartures { get; private set; } = [];

    /// <inheritdoc/>
    public bool UseVariants(IReadOnlyList<string> table)
    {
        VariantDepartures = table.FirstOrDefault(l => l.StartsWith("on ", StringComparison.Ordinal)) is { } before && before[3..] != Description ? [$"it was saved on {before[3..]}, this is the {Description}"] : [];
        return false;
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> ScratchBytes(Node node) => [];

    /// <inheritdoc/>
    public StateBlock AllocateState(string name, long bytes) => new HostBlock(name, bytes);

    /// <inheritdoc/>
    public IExecutable Build(Plan plan) => new Executable(plan);

    /// <inheritdoc/>
    public void Dispose() { }

    private sealed class HostBlock(string name, long bytes) : StateBlock(name, bytes)
    {
        private readonly byte[] _bytes = new byte[bytes];

        public override void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(_bytes.AsSpan(checked((int)offset)));

        public override void Read(long offset, Span<byte> target) => _bytes.AsSpan(checked((int)offset), target.Length).CopyTo(target);

        public override void Dispose() { }
    }

    private sealed class Executable : IExecutable
    {
        private readonly Plan _plan;
        private readonly Dictionary<Region, double[]> _cells;
        private readonly ILookup<int, ArenaSlot> _freed;

        public Executable(Plan plan)
        {
            (_plan, _freed) = (plan, plan.Slots.ToLookup(s => s.Last));
            _cells = plan.RegionBytes.ToDictionary(r => r.Key, r => new double[r.Value]);
            foreach (var constant in plan.Constants) Put(constant.Place, ReferenceTensor.From(constant.Value));
        }

        public IReadOnlyList<string> VariantTable => [.. _plan.Kernels.Select(k => $"{k.Node.Label}: {k.Node.Op.Name} reference")];

        public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs)
        {
            Array.Fill(_cells[Region.Arena], double.NaN);
            for (var i = 0; i < inputs.Count; i++)
                if (_plan.Inputs[i] is { } place) Put(place, ReferenceTensor.From(inputs[i]));
            foreach (var (scalar, place) in _plan.Scalars)
            {
                var value = new ReferenceTensor(new(scalar.DType, Shape.Scalar));
                value[0] = scalar.DType == DType.F32 ? (float)scalar.Value : scalar.Value;
                Put(place, value);
            }
            for (var i = 0; i < _plan.Steps.Count; i++)
            {
                Run(_plan.Steps[i]);
                foreach (var slot in _freed[i]) Array.Fill(_cells[Region.Arena], double.NaN, checked((int)slot.Offset), checked((int)slot.Bytes));
            }
            return [.. _plan.Outputs.Select(o => Get(o.Place, o.Type).ToHost())];
        }

        public void Dispose() => _cells.Clear();

        private void Run(PlanStep step)
        {
            switch (step)
            {
                case KernelStep kernel:
                    var inputs = kernel.Node.Inputs.Select((x, i) => Get(kernel.Inputs[i], x.Type)).ToArray();
                    var outputs = kernel.Node.OutputTypes.Select(t => new ReferenceTensor(t)).ToArray();
                    kernel.Node.Op.Reference(inputs, outputs);
                    for (var i = 0; i < outputs.Length; i++) Put(kernel.Outputs[i], outputs[i]);
                    break;
                case CopyStep copy:
                    var elements = new TensorType(copy.DType, new Shape((int)(copy.From.Bytes / copy.DType.Bytes())));
                    Put(copy.To, Get(copy.From, elements));
                    break;
                default:
                    throw new InvalidOperationException($"unknown step {step}");
            }
        }

        private ReferenceTensor Get(Placement place, TensorType type)
        {
            if (place.Block is { } block)
            {
                var host = new HostTensor(type);
                block.Read(place.Offset, host.Bytes);
                return ReferenceTensor.From(host);
            }
            var (value, cells, stride) = (new ReferenceTensor(type), _cells[place.Region], type.DType.Bytes());
            for (var i = 0; i < type.Count; i++) value[i] = cells[place.Offset + (long)i * stride];
            return value;
        }

        private void Put(Placement place, ReferenceTensor value)
        {
            if (place.Block is { } block)
            {
                block.Write(place.Offset, value.ToHost().Bytes);
                return;
            }
            var (cells, stride) = (_cells[place.Region], value.Type.DType.Bytes());
            for (var i = 0; i < value.Elements.Length; i++) cells[place.Offset + (long)i * stride] = value[i];
        }
    }
}
