using Forge.Core.Ops;

namespace Forge.Core;

/// <summary>Gives every value of an ordered graph a place, and writes down the steps.</summary>
internal sealed class PlanBuilder
{
    private readonly StepGraph _step;
    private readonly IBackend _backend;
    private readonly Func<Parameter, Placement> _stateOf;
    private readonly IReadOnlyList<Node> _order;
    private readonly Dictionary<Node, int> _at = [];
    private readonly Dictionary<Tensor, int> _lastUse = [];                 // by root
    private readonly Dictionary<Tensor, Placement> _fixed = [];             // roots that do not lie in the arena
    private readonly Dictionary<Tensor, Lifetime> _arena = [];              // roots that do
    private readonly Dictionary<Tensor, Lifetime[]> _scratch = [];
    private readonly List<Lifetime> _lifetimes = [];
    private readonly Dictionary<Region, long> _ends = new() { [Region.Arena] = 0, [Region.Persistent] = 0, [Region.Input] = 0, [Region.Output] = 0 };
    private readonly List<PlannedConstant> _constants = [];
    private readonly List<PlannedScalar> _scalars = [];
    private readonly List<CopyStep> _before = [], _after = [];

    public PlanBuilder(StepGraph step, IBackend backend, Func<Parameter, Placement> stateOf)
    {
        (_step, _backend, _stateOf, _order) = (step, backend, stateOf, Planner.Order(step));
        for (var i = 0; i < _order.Count; i++) _at[_order[i]] = i;
        foreach (var node in _order)
            foreach (var input in node.Inputs)
                _lastUse[Root(input)] = Math.Max(_lastUse.GetValueOrDefault(Root(input)), _at[node]);
        foreach (var root in step.Roots) _lastUse[Root(root)] = _order.Count;
    }

    public Plan Build()
    {
        var inputs = PlaceLeaves();
        PlaceAssignments();
        PlacePacks();
        var outputs = PlaceOutputs();
        PlaceArena();
        _ends[Region.Arena] = MemoryPlanner.Place(_lifetimes, _backend.Traits.Alignment);
        // An empty tensor's word is nobody's: the place after it may be another's.
        List<PlanStep> steps = [.. _before.Where(IsWork)];
        var copied = steps.Count;
        var ends = new int[_order.Count + 1]; // by node: the steps up to its own
        for (var i = 0; i < _order.Count; i++)
        {
            steps.AddRange(Steps(_order[i]).Where(IsWork));
            ends[i] = steps.Count;
        }
        steps.AddRange(_after.Select(c => c with { From = Place(c.Source!) with { Bytes = c.To.Bytes }, Source = null }).Where(IsWork));
        ends[_order.Count] = steps.Count;
        var plan = new Plan
        {
            Steps = steps,
            // A node without steps, such as a view, touches nothing: what it ends is free after the step before.
            Slots = [.. _lifetimes.Select(l => new ArenaSlot(l.Offset, l.Bytes, l.First == 0 ? copied : ends[l.First - 1], ends[l.Last] - 1))],
            Inputs = inputs,
            InputTypes = _step.InputTypes,
            Scalars = _scalars,
            Constants = _constants,
            Outputs = outputs,
            RegionBytes = _ends,
            LiveBytesPeak = MemoryPlanner.Peak(_lifetimes, _backend.Traits.Alignment),
            State = [.. _fixed.Values.Concat(_step.Assignments.Select(a => _stateOf(a.Parameter))).Where(p => p.Block is not null).Select(p => p.Block!).Distinct()],
            Graph = _step.Graph,
        };
        RefuseIfTooLarge(plan);
        return plan;

        static bool IsWork(PlanStep step) => step is not CopyStep { To.Bytes: 0 };
    }

    /// <summary>The value whose bytes a view shows.</summary>
    private static Tensor Root(Tensor tensor)
    {
        while (tensor.Node.Op.IsView) tensor = tensor.Node.Inputs[tensor.Index];
        return tensor;
    }

    private Placement Reserve(Region region, long bytes)
    {
        var offset = _ends[region];
        _ends[region] = offset + MemoryPlanner.Align(Math.Max(bytes, 4), _backend.Traits.Alignment);
        return new(region, offset, bytes);
    }

    private Placement?[] PlaceLeaves()
    {
        var inputs = new Placement?[_step.InputTypes.Count];
        foreach (var node in _step.LiveNodes())
        {
            var output = node.Outputs[0];
            switch (node.Op)
            {
                case InputOp input:
                    inputs[input.Position] = _fixed[output] = Reserve(Region.Input, input.Type.Bytes);
                    break;
                case ScalarOp scalar:
                    _fixed[output] = Reserve(Region.Input, 4);
                    _scalars.Add(new(scalar.Scalar, _fixed[output]));
                    break;
                case ParameterOp parameter:
                    _fixed[output] = _stateOf(parameter.Parameter);
                    break;
                case ConstantOp constant:
                    AddConstant(output, constant.Value);
                    break;
                case FullOp full:
                    var value = new Reference.ReferenceTensor(full.Type);
                    full.Reference([], [value]);
                    AddConstant(output, value.ToHost());
                    break;
            }
        }
        return inputs;
    }

    private void AddConstant(Tensor output, HostTensor value)
    {
        _fixed[output] = Reserve(Region.Persistent, value.Type.Bytes);
        _constants.Add(new(value, _fixed[output]));
    }

    // A value assigned to state is made there when nothing reads the old value later; else it is copied there at the end.
    private void PlaceAssignments()
    {
        var reads = _order.SelectMany(n => n.Inputs.Select(i => (Step: _at[n], Root: Root(i)))).Where(r => r.Root.Node.Op is ParameterOp).ToArray();
        foreach (var (parameter, value) in _step.Assignments)
        {
            var (state, root) = (_stateOf(parameter), Root(value));
            if (root.Node.Op is not LeafOp && !_fixed.ContainsKey(root) && root.Type.Bytes == state.Bytes && reads.All(MayPrecede))
                _fixed[root] = state;
            else if (root.Node.Op is not ParameterOp || _fixed[root] != state)
                _after.Add(new($"assign {parameter.Name}", From: default, To: state) { Source = root, DType = value.DType });

            bool MayPrecede((int Step, Tensor Root) read) =>
                !_fixed[read.Root].Overlaps(state) || read.Step < _at[root.Node]
                || (read.Step == _at[root.Node] && _fixed[read.Root] == state && WritesOverAll(root, read.Root));
        }

        static bool WritesOverAll(Tensor output, Tensor input)
        {
            var node = output.Node;
            for (var i = 0; i < node.Inputs.Count; i++)
                if (Root(node.Inputs[i]) == input && !node.Op.MayWriteOver(output.Index, i)) return false;
            return true;
        }
    }

    // The parts of a flat value are made in their places. It is never shared, so the gaps between the parts stay zero.
    private void PlacePacks()
    {
        foreach (var node in _order)
        {
            if (node.Op is not PackOp pack) continue;
            var place = _fixed[node.Outputs[0]] = Reserve(Region.Persistent, node.Outputs[0].Type.Bytes);
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                var root = Root(node.Inputs[i]);
                if (root.Node.Op is not LeafOp) _fixed.TryAdd(root, place.Slice(4L * pack.Layout.Starts[i], root.Type.Bytes));
            }
        }
    }

    private List<(Placement, TensorType)> PlaceOutputs()
    {
        var outputs = new List<(Placement, TensorType)>();
        foreach (var output in _step.Outputs)
        {
            var (place, root) = (Reserve(Region.Output, output.Type.Bytes), Root(output));
            if (root.Node.Op is LeafOp) _before.Add(new($"output {outputs.Count}", _fixed[root] with { Bytes = output.Type.Bytes }, place) { DType = output.DType });
            else if (!_fixed.TryAdd(root, place)) _after.Add(new($"output {outputs.Count}", default, place) { Source = root, DType = output.DType });
            outputs.Add((place, output.Type));
        }
        return outputs;
    }

    private void PlaceArena()
    {
        foreach (var node in _order)
        {
            var at = _at[node];
            foreach (var output in node.Outputs)
            {
                if (Root(output) != output || _fixed.ContainsKey(output)) continue;
                var last = Math.Max(at, _lastUse.GetValueOrDefault(output, at));
                if (TakeOver(node, output, at) is { } taken)
                {
                    taken.Last = Math.Max(taken.Last, last);
                    _arena[output] = taken;
                }
                else
                {
                    _lifetimes.Add(_arena[output] = new(Math.Max(4, output.Type.Bytes), at, last));
                }
            }
            if (node.Op.IsView || node.Op is PackOp) continue;
            _scratch[node.Outputs[0]] = [.. _backend.ScratchBytes(node).Select(b => new Lifetime(b, at, at))];
            _lifetimes.AddRange(_scratch[node.Outputs[0]]);
        }
    }

    // The memory of an input that nobody reads after this node.
    private Lifetime? TakeOver(Node node, Tensor output, int at)
    {
        for (var i = 0; i < node.Inputs.Count; i++)
        {
            var root = Root(node.Inputs[i]);
            if (!node.Op.MayWriteOver(output.Index, i) || node.Inputs[i].Type != output.Type || !_arena.TryGetValue(root, out var lifetime)) continue;
            if (_lastUse[root] != at || lifetime.Last != at || root.Type.Bytes != output.Type.Bytes) continue;
            var everyUse = Enumerable.Range(0, node.Inputs.Count).Where(k => Root(node.Inputs[k]) == root);
            if (everyUse.All(k => node.Op.MayWriteOver(output.Index, k) && node.Inputs[k].Type == output.Type)
                && !node.Outputs.Any(o => o != output && _arena.GetValueOrDefault(o) == lifetime)) return lifetime;
        }
        return null;
    }

    private Placement Place(Tensor tensor)
    {
        // An empty tensor has a word that nothing reads: no driver binds nothing.
        var (root, bytes) = (Root(tensor), Math.Max(4, tensor.Type.Bytes));
        return _fixed.TryGetValue(root, out var place) ? place with { Bytes = bytes } : new(Region.Arena, _arena[root].Offset, bytes);
    }

    private IEnumerable<PlanStep> Steps(Node node)
    {
        if (node.Op.IsView || node.Outputs.All(o => o.Type.Count == 0)) yield break;
        if (node.Op is PackOp pack)
        {
            var whole = Place(node.Outputs[0]);
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                var (from, to) = (Place(node.Inputs[i]), whole.Slice(4L * pack.Layout.Starts[i], node.Inputs[i].Type.Bytes));
                if (from != to) yield return new CopyStep($"pack {node.Inputs[i].Node.Label}", from, to);
            }
            yield break;
        }
        yield return new KernelStep(node, [.. node.Inputs.Select(Place)], [.. node.Outputs.Select(Place)],
            [.. _scratch[node.Outputs[0]].Select(s => new Placement(Region.Arena, s.Offset, s.Bytes))]);
    }

    private void RefuseIfTooLarge(Plan plan)
    {
        var traits = _backend.Traits;
        var (needed, state) = (_ends.Values.Sum(), plan.State.Sum(s => s.Bytes));
        var largest = _ends.Values.Max();
        if (needed + state <= traits.MemoryBytes && largest <= traits.LargestRegion) return;
        throw new MemoryException(
            $"The plan needs {Mib(needed + state)} MiB ({Mib(_ends[Region.Arena])} activations and scratch, {Mib(state)} parameters and optimizer state, {Mib(needed - _ends[Region.Arena])} inputs, outputs and constants); " +
            $"the device offers {Mib(traits.MemoryBytes)} MiB, at most {Mib(traits.LargestRegion)} MiB in one piece. Use a smaller batch or image.")
        { Data = { ["arena"] = _ends[Region.Arena], ["available"] = Math.Min(traits.MemoryBytes - (needed - _ends[Region.Arena]) - state, traits.LargestRegion) } };

        static string Mib(long bytes) => bytes == long.MaxValue ? "unlimited" : $"{bytes / (1024.0 * 1024):0.#}";
    }
}
