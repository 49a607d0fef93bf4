using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Optimizers;

/// <summary>Changes parameters against their gradients. The update is part of the traced step.</summary>
/// <remarks>
/// The parameters lie one after another in one flat tensor, their gradients and moments in the same order, so one dispatch updates
/// all. A step whose loss or gradients are not finite changes nothing: no weight, no moment, no batch statistic, no step count.
/// One optimizer serves one engine, and a parameter is updated by one optimizer.
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class Optimizer
{
    private readonly List<ParameterPack> _packs = [];
    private readonly UpdateOp _update;
    private readonly HostScalar _rate;
    private LossScale? _lossScale;

    /// <summary>An optimizer.</summary>
    /// <param name="name">Its name; the names of its state start with it.</param>
    /// <param name="update">What is done to weights, gradients and slots.</param>
    /// <param name="learningRate">The rate, or how it changes with the number of updates.</param>
    /// <param name="clipping">Limits gradients first; null for none.</param>
    protected Optimizer(string name, UpdateOp update, Schedule learningRate, Clipping? clipping)
    {
        (Name, _update, LearningRate, Clipping) = (name, update, learningRate, clipping);
        _rate = Scalar("rate", () => Rate);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The rate as a function of the updates done.</summary>
    public Schedule LearningRate { get; set; }

    /// <summary>Multiplies the schedule's rate: what a plateau callback lowers.</summary>
    public double RateFactor { get; set; } = 1;

    /// <summary>Limits gradients before the update.</summary>
    public Clipping? Clipping { get; }

    /// <summary>How the loss is scaled in steps that multiply f16; set before the first is traced.</summary>
    public LossScaling LossScaling { get; set; } = new();

    /// <summary>Updates done: steps that were finite.</summary>
    public long Iterations { get; set; }

    /// <summary>The rate of the next update.</summary>
    public double Rate => LearningRate.At(Iterations) * RateFactor;

    /// <summary>What is kept for each weight: moment and square for Adam.</summary>
    public IReadOnlyList<string> SlotNames => _update.Slots;

    /// <summary>Appends the gradients of a loss and the update of the parameters to the graph being traced.</summary>
    /// <remarks>
    /// What is traced afterwards reads the new values: a second optimizer's loss sees what the first one learnt, as step after step in PyTorch. No gradient flows
    /// back through an update, and only <paramref name="parameters"/> change: whatever else the loss goes through is left as it is, to the bit. Several optimizers
    /// in one function update all or, where anything is not finite, nothing.
    /// </remarks>
    /// <param name="loss">f32 ().</param>
    /// <param name="parameters">What may change; those that are not <see cref="Parameter.Trainable"/> are left alone.</param>
    /// <exception cref="GraphException">A parameter belongs to another optimizer, or none can be trained.</exception>
    public void Minimize(Tensor loss, IReadOnlyList<Parameter> parameters)
    {
        var graph = loss.Graph;
        if (_packs.Exists(graph.IsReplaced)) throw new GraphException($"Optimizer '{Name}' updates once in a traced function, but is asked to again. Add the losses, or use an optimizer for each.");
        var trained = parameters.Where(p => p.Trainable).Distinct().ToArray();
        if (trained.Length == 0) throw new GraphException($"Optimizer '{Name}' has nothing to train: every parameter is frozen. Set Trainable on a layer.");
        Prepare(trained);
        var active = trained.ToHashSet();
        var packs = _packs.Where(p => p.Members.Any(active.Contains)).ToArray();
        Parameter[] members = [.. packs.SelectMany(p => p.Members)];
        if (graph.Precision.ScalesLoss) _lossScale ??= new(Name, LossScaling);
        var scale = graph.Precision.ScalesLoss ? _lossScale!.Of(graph) : null;
        // Limits are of the gradients themselves; without any, the update divides by the scale.
        var unscaled = scale is null ? null : 1f / scale;
        var each = Clipping is null ? null : unscaled;
        var gradients = Grad.Of(loss, [.. members.Select(m => graph.Read(m))], scale?.Reshape(loss.Shape))
            .Zip(members, (g, m) => active.Contains(m) ? Limited(each is null ? g : g * each) : graph.Full(g.Type, 0)).ToArray();

        using var scope = graph.Scope(Name);
        var (flat, next) = (new Tensor[packs.Length], 0);
        for (var i = 0; i < packs.Length; i++)
        {
            flat[i] = new PackOp(packs[i].Layout).On(gradients.AsSpan(next, packs[i].Members.Count));
            next += packs[i].Members.Count;
        }
        var factor = Clipping is null ? unscaled ?? graph.Constant(1f) : Clipping.Factor(flat) ?? graph.Constant(1f);
        Tensor[] limited = [.. flat.Select(g => Clipping?.Elements(g) ?? g)];
        var own = scale is null ? null : new FiniteOp().On([.. flat, loss]);
        var tolerated = own is null ? null : _lossScale!.Tolerates(graph, loss, own);
        StepGuard.Of(graph).Add(graph, [.. flat, loss], finite =>
        [
            .. packs.Zip(limited, (pack, gradient) => Updates(pack, gradient, factor, finite, active)).SelectMany(u => u),
            .. tolerated is null ? [] : _lossScale!.Next(graph, finite, own!, tolerated),
        ]);
        foreach (var pack in packs) graph.Replace(pack, graph.Read(pack.Flat, latest: true));
        if (tolerated is not null) graph.Tolerated = graph.Tolerated is { } others ? others.Select(tolerated, others) : tolerated;
        graph.AfterRun.Add(finite => Iterations += finite ? 1 : 0);
    }

    /// <summary>Lays out the trainable parameters that have no place yet: done by the first trace, or before state is restored.</summary>
    /// <exception cref="GraphException">A parameter belongs to another optimizer, or one of this optimizer's was taken over.</exception>
    public void Prepare(IReadOnlyList<Parameter> parameters)
    {
        RequireAll();
        Parameter[] fresh = [.. parameters.Where(p => p.Trainable && (p.Pack is null || !_packs.Contains(p.Pack))).Distinct()];
        if (fresh.Length > 0) _packs.Add(new(_packs.Count == 0 ? Name : $"{Name}{_packs.Count}", fresh, SlotNames));
    }

    /// <summary>Takes parameters over from the optimizers that trained them before: they keep their values, and what those kept for them goes.</summary>
    internal void TakeOver(IReadOnlyList<Parameter> parameters)
    {
        foreach (var parameter in parameters)
            if (parameter is { Trainable: true, Pack: { } pack } && !_packs.Contains(pack)) pack.Release();
    }

    /// <summary>What is kept for each weight, by name: <c>adam/moment/dense/kernel</c>; of the weight's shape. With f16 also <c>adam/loss_scale</c> and <c>adam/good_steps</c>.</summary>
    public IReadOnlyDictionary<string, HostTensor> ReadState(StateStore state)
    {
        RequireAll();
        var values = new Dictionary<string, HostTensor>();
        foreach (var pack in _packs)
            for (var s = 0; s < pack.Slots.Count; s++)
            {
                var flat = state.Read(pack.Slots[s]).Span<float>();
                for (var m = 0; m < pack.Members.Count; m++)
                    values[StateName(s, pack.Members[m])] = HostTensor.From(flat.Slice(pack.Starts[m], pack.Members[m].Type.Count), pack.Members[m].Type.Shape);
            }
        foreach (var one in _lossScale?.State ?? []) values[one.Name] = state.Read(one);
        return values;
    }

    /// <summary>Restores what <see cref="ReadState"/> gave, for parameters that were prepared.</summary>
    /// <exception cref="DataException">A value is missing or has another shape.</exception>
    public void WriteState(StateStore state, IReadOnlyDictionary<string, HostTensor> values)
    {
        RequireAll();
        foreach (var pack in _packs)
            for (var s = 0; s < pack.Slots.Count; s++)
            {
                var flat = new HostTensor(pack.Slots[s].Type);
                for (var m = 0; m < pack.Members.Count; m++)
                {
                    var (member, name) = (pack.Members[m], StateName(s, pack.Members[m]));
                    if (!values.TryGetValue(name, out var value)) throw new DataException($"The optimizer's state lacks '{name}'. Resume with the optimizer and model that were saved.");
                    if (value.Type != member.Type) throw new DataException($"'{name}' is {value.Type}, but the model needs {member.Type}. Resume with the model that was saved.");
                    value.Span<float>().CopyTo(flat.Span<float>()[pack.Starts[m]..]);
                }
                state.Write(pack.Slots[s], flat);
            }
        // A run that did not scale its loss has none to go on with.
        if (!values.ContainsKey($"{Name}/loss_scale")) return;
        _lossScale ??= new(Name, LossScaling);
        foreach (var one in _lossScale.State)
        {
            if (!values.TryGetValue(one.Name, out var value) || value.Type != one.Type) throw new DataException($"The optimizer's state lacks '{one.Name}' {one.Type}. Resume with a checkpoint that is whole.");
            state.Write(one, value);
        }
    }

    /// <summary>What the update reads besides the rate, in its order, computed by the host in double before each step.</summary>
    protected virtual IReadOnlyList<HostScalar> MoreScalars => [];

    /// <summary>A number of this optimizer that the host computes before each step.</summary>
    protected HostScalar Scalar(string name, Func<double> value) => new($"{Name}.{name}", DType.F32, value);

    private Tensor Limited(Tensor gradient) => Clipping?.Each(gradient) ?? gradient;

    private string StateName(int slot, Parameter parameter) => $"{Name}/{SlotNames[slot]}/{parameter.Name}";

    // Half of a state would train on as if nothing had happened.
    private void RequireAll()
    {
        if (_packs.Find(p => p.IsReleased) is { } gone)
            throw new GraphException($"Another optimizer has taken over parameters that '{Name}' trained together with '{gone.Members[0].Name}'. Compile the model again, with a new optimizer, to train on.");
    }

    private IEnumerable<Assignment> Updates(ParameterPack pack, Tensor gradient, Tensor factor, Tensor finite, HashSet<Parameter> active)
    {
        var graph = gradient.Graph;
        Parameter[] states = [pack.Flat, .. pack.Slots];
        Tensor[] old = [.. states.Select(graph.ReadFirst)];
        IReadOnlyList<Tensor> changed = graph.Add(_update, [old[0], gradient, .. old[1..], .. ((HostScalar[])[_rate, .. MoreScalars]).Select(graph.Read), factor, finite]).Outputs;
        if (!pack.Members.All(active.Contains))
        {
            // Some were frozen after they were laid out: their weights and moments are kept by a mask.
            var mask = graph.Constant(Mask(pack, active));
            changed = [.. changed.Zip(old, (c, o) => mask.Select(c, o))];
        }
        return states.Zip(changed, (state, value) => new Assignment(state, value));
    }

    private static HostTensor Mask(ParameterPack pack, HashSet<Parameter> active)
    {
        var mask = new HostTensor(new(DType.U32, pack.Layout.Shape));
        for (var i = 0; i < pack.Members.Count; i++)
            if (active.Contains(pack.Members[i])) mask.Span<uint>().Slice(pack.Starts[i], pack.Members[i].Type.Count).Fill(1);
        return mask;
    }
}
