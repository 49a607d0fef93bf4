using System.Text.Json;
using Forge.Core.Ops;

namespace Forge.Core.Tests.Ops;

/// <summary>A recurrent cell's outputs and gradients from PyTorch: fixtures/torch_recurrent.json, made by tests/oracle/torch_recurrent.py.</summary>
internal sealed class TorchCell
{
    private static readonly JsonElement s_golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch_recurrent.json"))).RootElement;

    private readonly JsonElement _golden;
    private readonly string _name;

    public TorchCell(string name)
    {
        (_name, _golden) = (name, s_golden.GetProperty(name));
        var (n, t, f, u) = (Extent("n"), Extent("t"), Extent("f"), Extent("u"));
        var gates = name switch { "lstm" => 4, "gru" => 3, _ => 1 };
        Inputs = new (string Name, Shape Shape)[]
        {
            ("x", (n, t, f)), ("kernel", (f, gates * u)), ("recurrent", (u, gates * u)), ("bias", new(gates * u)), ("h0", (n, u)), ("c0", (n, u)), ("recurrent_bias", new(gates * u)),
            ("weights", (n, t, u)), ("weights_last", (n, u)), ("weights_cell", (n, u)),
        }.Where(i => _golden.TryGetProperty(i.Name, out _)).ToDictionary(i => i.Name, i => HostTensor.From([.. Numbers(i.Name).Select(v => (float)v)], i.Shape));
    }

    /// <summary>The cells there are.</summary>
    public static IEnumerable<string> Names => s_golden.EnumerateObject().Select(p => p.Name);

    /// <summary>Inputs, weights of the cell and weights of its outputs in the sum that is differentiated.</summary>
    public IReadOnlyDictionary<string, HostTensor> Inputs { get; }

    /// <summary>The outputs and gradients of a graph.</summary>
    /// <param name="inputs">The values of <see cref="Inputs"/>, in its order.</param>
    /// <param name="path">How the cell runs.</param>
    public IReadOnlyDictionary<string, Tensor> Trace(IReadOnlyList<Tensor> inputs, RecurrentPath path)
    {
        var x = Inputs.Keys.Zip(inputs).ToDictionary(p => p.First, p => p.Second);
        var (n, t) = (x["x"].Shape[0], x["x"].Shape[1]);
        var projections = (x["x"].Reshape(n * t, -1).MatMul(x["kernel"]) + x["bias"]).Reshape(n, t, -1);
        Dictionary<string, Tensor> results = [];
        switch (_name)
        {
            case "lstm":
                (results["y"], results["last"], results["cell"]) = projections.Lstm(x["recurrent"], x["h0"], x["c0"], path: path);
                break;
            case "gru":
                (results["y"], results["last"]) = projections.Gru(x["recurrent"], x["h0"], x["recurrent_bias"], path: path);
                break;
            default:
                var f = _name == "rnn_relu" ? ActivationKind.Relu : ActivationKind.Tanh;
                (results["y"], results["last"]) = projections.SimpleRnn(x["recurrent"], x["h0"], activation: f, path: path);
                break;
        }
        var sum = (results["y"] * x["weights"]).Sum() + (results["last"] * x["weights_last"]).Sum();
        if (results.TryGetValue("cell", out var cell)) sum += (cell * x["weights_cell"]).Sum();
        string[] parts = [.. Inputs.Keys.Where(k => !k.StartsWith("weights", StringComparison.Ordinal))];
        foreach (var (part, gradient) in parts.Zip(Grad.Of(sum, [.. parts.Select(p => x[p])]))) results[$"d{part}"] = gradient;
        return results;
    }

    /// <summary>Throws unless a result is what PyTorch has.</summary>
    /// <param name="name">Which.</param>
    /// <param name="actual">The result.</param>
    /// <param name="relative">How far it may be, of the largest element.</param>
    public void Check(string name, IReadOnlyList<double> actual, double relative)
    {
        var expected = Numbers(name);
        Assert.Equal(expected.Length, actual.Count);
        var limit = relative * expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= limit, $"{_name}: {name}[{i}] is {expected[i]:R} in PyTorch, {actual[i]:R} here");
    }

    private int Extent(string name) => _golden.GetProperty(name).GetInt32();

    private double[] Numbers(string name) => [.. _golden.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];
}
