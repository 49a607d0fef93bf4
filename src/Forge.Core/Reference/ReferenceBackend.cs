namespace Forge.Core.Reference;

/// <summary>Runs plans in fp64, one node at a time: the oracle of every test, and a backend where no Vulkan driver is at hand.</summary>
/// <remarks>Values live outside the plan's arena, so a wrong placement does not change a result here. State is kept as f32 between runs.</remarks>
public sealed class ReferenceBackend : IBackend
{
    /// <inheritdoc/>
    public string Description => "fp64 reference (host, slow)";

    /// <inheritdoc/>
    public BackendTraits Traits { get; } = new();

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

    private sealed class Executable(Plan plan) : IExecutable
    {
        // Values are found by where they lie, like on a device, but each write makes a new fp64 tensor.
        private readonly Dictionary<(Region, StateBlock?, long), ReferenceTensor> _values = [];

        public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs)
        {
            foreach (var constant in plan.Constants) Put(constant.Place, ReferenceTensor.From(constant.Value));
            for (var i = 0; i < inputs.Count; i++)
                if (plan.Inputs[i] is { } place) Put(place, ReferenceTensor.From(inputs[i]));
            foreach (var scalar in plan.Scalars)
            {
                var value = new ReferenceTensor(new(scalar.Scalar.DType, Shape.Scalar));
                value[0] = scalar.Scalar.DType == DType.F32 ? (float)scalar.Scalar.Value : scalar.Scalar.Value;
                Put(scalar.Place, value);
            }
            foreach (var step in plan.Steps) Run(step);
            return [.. plan.Outputs.Select(o => Get(o.Place, o.Type).ToHost())];
        }

        public void Dispose() => _values.Clear();

        private void Run(PlanStep step)
        {
            switch (step)
            {
                case KernelStep kernel:
                    var inputs = kernel.Node.Inputs.Select((x, i) => Get(kernel.Inputs[i], x.Type)).ToArray();
                    var outputs = GraphEvaluator.Evaluate(kernel.Node, inputs, leaf => throw new InvalidOperationException($"{leaf.Name} is not a step."));
                    for (var i = 0; i < outputs.Count; i++) Put(kernel.Outputs[i], outputs[i]);
                    break;
                case CopyStep copy:
                    var words = new TensorType(DType.F32, new Shape((int)(copy.From.Bytes / 4)));
                    Put(copy.To, Get(copy.From, words));
                    break;
                default:
                    throw new InvalidOperationException($"unknown step {step}");
            }
        }

        private ReferenceTensor Get(Placement place, TensorType type)
        {
            if (place.Region == Region.State)
            {
                var host = new HostTensor(type);
                place.Block!.Read(place.Offset, host.Bytes);
                return ReferenceTensor.From(host);
            }
            if (_values.TryGetValue((place.Region, null, place.Offset), out var value) && value.Type.Count >= type.Count)
                return Retyped(value, type);
            return Gathered(place, type);
        }

        private static ReferenceTensor Retyped(ReferenceTensor value, TensorType type)
        {
            if (value.Type == type) return value;
            var view = new ReferenceTensor(type);
            Array.Copy(value.Elements, view.Elements, type.Count);
            return view;
        }

        // A flat value whose parts were written one by one; what nobody wrote is zero.
        private ReferenceTensor Gathered(Placement place, TensorType type)
        {
            var whole = new ReferenceTensor(type);
            foreach (var ((region, _, offset), part) in _values)
                if (region == place.Region && offset >= place.Offset && offset < place.Offset + place.Bytes)
                    part.Elements.AsSpan(0, Math.Min(part.Elements.Length, type.Count - (int)((offset - place.Offset) / 4)))
                        .CopyTo(whole.Elements.AsSpan((int)((offset - place.Offset) / 4)));
            return whole;
        }

        private void Put(Placement place, ReferenceTensor value)
        {
            if (place.Region == Region.State)
            {
                var host = value.ToHost();
                place.Block!.Write(place.Offset, host.Bytes);
                return;
            }
            foreach (var key in _values.Keys.Where(k => k.Item1 == place.Region && k.Item3 > place.Offset && k.Item3 < place.Offset + place.Bytes).ToArray())
                _values.Remove(key);
            _values[(place.Region, null, place.Offset)] = value;
        }
    }
}
