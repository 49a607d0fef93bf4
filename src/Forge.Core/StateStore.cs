namespace Forge.Core;

/// <summary>Where parameters' values lie on a backend. A value is made when it is first asked for.</summary>
/// <threadsafety>One thread at a time: its engine's, between runs.</threadsafety>
public sealed class StateStore : IDisposable
{
    private readonly IBackend _backend;
    private readonly ulong _seed;
    private readonly Dictionary<Parameter, Placement> _places = [];
    private readonly List<ParameterPack> _packs = [];

    internal StateStore(IBackend backend, ulong seed) => (_backend, _seed) = (backend, seed);

    /// <summary>Changes when a value moved, so that plans made before are stale.</summary>
    public int Version { get; private set; }

    /// <summary>Where a parameter's value lies.</summary>
    /// <exception cref="MemoryException">There is no room for it.</exception>
    public Placement PlaceOf(Parameter parameter)
    {
        while (_packs.Find(p => p.IsReleased) is { } released) Dissolve(released);
        if (parameter.Pack is { } pack) PlacePack(pack);
        if (_places.TryGetValue(parameter, out var place)) return place;
        place = Allocate(parameter);
        InitializeOrFree(place.Block!, () => Initialize(parameter, place));
        _places.Add(parameter, place);
        return place;
    }

    /// <summary>A parameter's value.</summary>
    public HostTensor Read(Parameter parameter)
    {
        var (place, value) = (PlaceOf(parameter), new HostTensor(parameter.Type));
        place.Block!.Read(place.Offset, value.Bytes);
        return value;
    }

    /// <summary>Replaces a parameter's value.</summary>
    /// <exception cref="ShapeException">The value is of another type.</exception>
    public void Write(Parameter parameter, HostTensor value)
    {
        if (value.Type != parameter.Type)
            throw new ShapeException($"Parameter '{parameter.Name}' is {parameter.Type}; it cannot hold {value.Type}.");
        var place = PlaceOf(parameter);
        place.Block!.Write(place.Offset, value.Bytes);
    }

    /// <summary>Frees every value.</summary>
    public void Dispose()
    {
        foreach (var block in _places.Values.Select(p => p.Block!).Distinct()) block.Dispose();
        _places.Clear();
    }

    // Members that had a value before they were packed move into the flat block with it.
    private void PlacePack(ParameterPack pack)
    {
        if (_places.ContainsKey(pack.Flat)) return;
        var whole = Allocate(pack.Flat);
        var places = pack.Members.Select((member, i) => whole.Slice(4L * pack.Starts[i], member.Type.Bytes)).ToArray();
        InitializeOrFree(whole.Block!, () =>
        {
            for (var i = 0; i < places.Length; i++)
            {
                if (_places.TryGetValue(pack.Members[i], out var old)) Copy(old, places[i], pack.Members[i].Type);
                else Initialize(pack.Members[i], places[i]);
            }
        });
        _places.Add(pack.Flat, whole);
        _packs.Add(pack);
        for (var i = 0; i < places.Length; i++)
        {
            if (_places.TryGetValue(pack.Members[i], out var old))
            {
                old.Block!.Dispose();
                Version++;
            }
            _places[pack.Members[i]] = places[i];
        }
    }

    // The members get places of their own again, with the values they have. The slots go first: nobody can want them any more.
    private void Dissolve(ParameterPack pack)
    {
        Version++;
        foreach (var slot in pack.Slots)
            if (_places.Remove(slot, out var old)) old.Block!.Dispose();
        var moved = new List<(Parameter Member, Placement To)>();
        try
        {
            foreach (var member in pack.Members)
            {
                var to = Allocate(member);
                moved.Add((member, to));
                Copy(_places[member], to, member.Type);
            }
        }
        catch
        {
            foreach (var (_, to) in moved) to.Block!.Dispose();
            throw;
        }
        foreach (var (member, to) in moved) _places[member] = to;
        _places[pack.Flat].Block!.Dispose();
        _places.Remove(pack.Flat);
        _packs.Remove(pack);
    }

    private Placement Allocate(Parameter parameter) => new(Region.State, 0, parameter.Type.Bytes, _backend.AllocateState(parameter.Name, parameter.Type.Bytes));

    private static void Copy(Placement from, Placement to, TensorType type)
    {
        var value = new HostTensor(type);
        from.Block!.Read(from.Offset, value.Bytes);
        to.Block!.Write(to.Offset, value.Bytes);
    }

    // Nothing is kept of a block whose values could not be made: a later call tries again from the start.
    private static void InitializeOrFree(StateBlock block, Action initialize)
    {
        try
        {
            initialize();
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private void Initialize(Parameter parameter, Placement place)
    {
        if (parameter.Initializer is not { } make) return;
        place.Block!.Write(place.Offset, make(KeyOf(parameter.Name)).Bytes);
    }

    // FNV-1a over the name, mixed with the seed: the same name and seed give the same weights, whatever else the model has.
    private ulong KeyOf(string name)
    {
        var hash = 14695981039346656037;
        foreach (var letter in name) hash = (hash ^ letter) * 1099511628211;
        return new SplitMix(hash ^ _seed * 0x9e3779b97f4a7c15).Next();
    }
}
