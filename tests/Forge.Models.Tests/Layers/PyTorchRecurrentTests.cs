using System.Text.Json;
using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

/// <summary>Stacked layers in two directions against PyTorch: fixtures/torch_rnn_layers.json, made by tests/oracle/torch_rnn_layers.py.</summary>
public sealed class PyTorchRecurrentTests
{
    private const int Units = 5;

    private static readonly JsonElement s_golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch_rnn_layers.json"))).RootElement;

    private static RecurrentLayer Make(string cell) => cell switch
    {
        "lstm" => new LSTM(Units) { ReturnSequences = true },
        "gru" => new GRU(Units) { ReturnSequences = true },
        _ => new SimpleRNN(Units) { ReturnSequences = true },
    };

    private static Dictionary<string, HostTensor> Weights(JsonElement golden) => golden.GetProperty("weights").EnumerateObject().ToDictionary(p => p.Name, p => HostTensor.From(
        [.. p.Value.GetProperty("elements").Doubles().Select(v => (float)v)],
        new Shape([.. p.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())])));

    [Theory, InlineData("rnn"), InlineData("lstm"), InlineData("gru")]
    public void TwoLayersInTwoDirections_GiveWhatPyTorchGives(string cell)
    {
        var (golden, stack) = (s_golden.GetProperty(cell), new Bidirectional[] { new(() => Make(cell)), new(() => Make(cell)) });
        var model = new Sequential(new Input((6, 4)), stack[0], stack[1]);
        using var engine = Engines.Reference();
        _ = model.Parameters;
        for (var depth = 0; depth < 2; depth++)
        {
            PyTorchRecurrent.Load(stack[depth].Forward, engine, Weights(golden), depth);
            PyTorchRecurrent.Load(stack[depth].Backward, engine, Weights(golden), depth, reverse: true);
        }
        var x = HostTensor.From([.. golden.GetProperty("x").Doubles().Select(v => (float)v)], (3, 6, 4));
        Engines.AssertClose(golden.GetProperty("y").Doubles(), engine.Compile(t => model.Call(t)).Run(x)[0].Doubles(), 1e-5);
    }

    [Theory, InlineData("rnn"), InlineData("lstm"), InlineData("gru")]
    public void Export_ThenImport_GivesTheSameWeights(string cell)
    {
        var (layer, weights) = (Make(cell), Weights(s_golden.GetProperty(cell)));
        var imported = PyTorchRecurrent.Import(layer, weights, depth: 1, reverse: true);
        var exported = PyTorchRecurrent.Export(layer, imported, depth: 1, reverse: true);
        Assert.Equal(weights["weight_hh_l1_reverse"].Doubles(), exported["weight_hh_l1_reverse"].Doubles());
        Assert.Equal(weights["weight_ih_l1_reverse"].Doubles(), exported["weight_ih_l1_reverse"].Doubles());
        var again = PyTorchRecurrent.Import(layer, exported, depth: 1, reverse: true);
        foreach (var (name, weight) in imported) Assert.Equal(weight.Doubles(), again[name].Doubles());
    }

    [Fact]
    public void Import_OfWhatDoesNotFit_SaysWhat()
    {
        var weights = Weights(s_golden.GetProperty("lstm"));
        Assert.Contains("weight_ih_l2", Assert.Throws<DataException>(() => PyTorchRecurrent.Import(new LSTM(5), weights, depth: 2)).Message, StringComparison.Ordinal);
        Assert.Contains("6 units", Assert.Throws<DataException>(() => PyTorchRecurrent.Import(new LSTM(6), weights)).Message, StringComparison.Ordinal);
        Assert.Contains("resetAfter", Assert.Throws<DataException>(() => PyTorchRecurrent.Import(new GRU(5, resetAfter: false), weights)).Message, StringComparison.Ordinal);
    }
}
