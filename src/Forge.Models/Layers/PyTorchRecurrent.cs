using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Weights of PyTorch's nn.RNN, nn.LSTM and nn.GRU as Forge's layers have them, and back.</summary>
/// <remarks>
/// PyTorch keeps weight_ih (gates · units, features), weight_hh (gates · units, units) and two biases, with a GRU's gates in the order r, z, n. Forge keeps
/// the transposes, Keras's order z, r, candidate, and one bias: the sum of PyTorch's two, but for a GRU, whose bias has both as rows.
/// </remarks>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class PyTorchRecurrent
{
    /// <summary>The weights of one layer and direction.</summary>
    /// <param name="layer">The layer that will have them.</param>
    /// <param name="weights">PyTorch's, by their names: weight_ih_l0, ...</param>
    /// <param name="depth">Which layer of PyTorch's stack, from 0.</param>
    /// <param name="reverse">Whether it is the backward direction's.</param>
    /// <returns>kernel, recurrent_kernel, and bias if the layer has one.</returns>
    /// <exception cref="DataException">A weight is missing or of another shape, or the layer is a GRU that PyTorch does not have.</exception>
    public static IReadOnlyDictionary<string, HostTensor> Import(RecurrentLayer layer, IReadOnlyDictionary<string, HostTensor> weights, int depth = 0, bool reverse = false)
    {
        RequireKnown(layer);
        var (gates, units, suffix) = (layer.Gates, layer.Units, Suffix(depth, reverse));
        var order = Order(layer);
        var ih = Weight("weight_ih", null);
        Dictionary<string, HostTensor> found = new() { ["kernel"] = Turned(ih), ["recurrent_kernel"] = Turned(Weight("weight_hh", units)) };
        if (!layer.UseBias) return found;
        var (first, second) = (Ordered(Weight("bias_ih", 1)), Ordered(Weight("bias_hh", 1)));
        if (HasTwoBiases(layer)) found["bias"] = HostTensor.From([.. first, .. second], (2, gates * units));
        else found["bias"] = HostTensor.From([.. first.Zip(second, (a, b) => a + b)], new Shape(gates * units));
        return found;

        HostTensor Weight(string name, int? columns)
        {
            if (!weights.TryGetValue(name + suffix, out var weight))
                throw new DataException($"There is no weight '{name}{suffix}' for layer '{layer.Name}'. There are {string.Join(", ", weights.Keys.Order())}.");
            var (rows, rank) = (gates * units, columns == 1 && name.StartsWith("bias", StringComparison.Ordinal) ? 1 : 2);
            if (weight.Type.DType != DType.F32 || weight.Shape.Rank != rank || weight.Shape[0] != rows || (rank == 2 && columns is { } c && weight.Shape[1] != c))
                throw new DataException($"'{name}{suffix}' is {weight.Type}; layer '{layer.Name}' of {units} units needs f32 with {rows} rows{(rank == 2 && columns is { } k ? $" of {k}" : "")}.");
            return weight;
        }

        // Rows of gates in Forge's order, then transposed.
        HostTensor Turned(HostTensor weight)
        {
            var columns = weight.Shape[1];
            var from = weight.Span<float>();
            var turned = new HostTensor(new(DType.F32, (columns, gates * units)));
            var into = turned.Span<float>();
            for (var row = 0; row < gates * units; row++)
                for (var column = 0; column < columns; column++)
                    into[column * gates * units + row] = from[(order[row / units] * units + row % units) * columns + column];
            return turned;
        }

        float[] Ordered(HostTensor bias)
        {
            var ordered = new float[gates * units];
            for (var row = 0; row < ordered.Length; row++) ordered[row] = bias.Span<float>()[order[row / units] * units + row % units];
            return ordered;
        }
    }

    /// <summary>A layer's weights under PyTorch's names. Where Forge has one bias it becomes bias_ih, and bias_hh is zero.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="weights">Its kernel, recurrent_kernel and, if it has one, bias.</param>
    /// <param name="depth">Which layer of PyTorch's stack, from 0.</param>
    /// <param name="reverse">Whether it is the backward direction's.</param>
    /// <exception cref="DataException">The layer is a GRU that PyTorch does not have.</exception>
    public static IReadOnlyDictionary<string, HostTensor> Export(RecurrentLayer layer, IReadOnlyDictionary<string, HostTensor> weights, int depth = 0, bool reverse = false)
    {
        RequireKnown(layer);
        var (rows, units, suffix, order) = (layer.Gates * layer.Units, layer.Units, Suffix(depth, reverse), Order(layer));
        Dictionary<string, HostTensor> found = new() { ["weight_ih" + suffix] = Turned(weights["kernel"]), ["weight_hh" + suffix] = Turned(weights["recurrent_kernel"]) };
        if (!layer.UseBias) return found;
        var bias = weights["bias"];
        found["bias_ih" + suffix] = Ordered(bias, 0);
        found["bias_hh" + suffix] = HasTwoBiases(layer) ? Ordered(bias, 1) : new(new(DType.F32, new Shape(rows)));
        return found;

        HostTensor Turned(HostTensor weight)
        {
            var columns = weight.Shape[0];
            var from = weight.Span<float>();
            var turned = new HostTensor(new(DType.F32, (rows, columns)));
            var into = turned.Span<float>();
            for (var row = 0; row < rows; row++)
                for (var column = 0; column < columns; column++)
                    into[(order[row / units] * units + row % units) * columns + column] = from[column * rows + row];
            return turned;
        }

        HostTensor Ordered(HostTensor from, int line)
        {
            var ordered = new HostTensor(new(DType.F32, new Shape(rows)));
            for (var row = 0; row < rows; row++) ordered.Span<float>()[order[row / units] * units + row % units] = from.Span<float>()[line * rows + row];
            return ordered;
        }
    }

    /// <summary>Gives a built layer the weights of one of PyTorch's.</summary>
    /// <inheritdoc cref="Import"/>
    /// <param name="layer">The layer; built.</param>
    /// <param name="engine">Where its weights are.</param>
    /// <param name="weights">PyTorch's, by their names.</param>
    /// <param name="depth">Which layer of PyTorch's stack, from 0.</param>
    /// <param name="reverse">Whether it is the backward direction's.</param>
    public static void Load(RecurrentLayer layer, Engine engine, IReadOnlyDictionary<string, HostTensor> weights, int depth = 0, bool reverse = false)
    {
        if (layer.Kernel is not { } kernel) throw new ForgeException($"Layer '{layer.Name}' is not built yet. Start the model with Input(shape), or call Build.");
        var found = Import(layer, weights, depth, reverse);
        if (found["kernel"].Type != kernel.Type)
            throw new DataException($"'weight_ih{Suffix(depth, reverse)}' is for {found["kernel"].Shape[0]} features, but layer '{layer.Name}' takes {kernel.Type.Shape[0]}.");
        engine.State.Write(kernel, found["kernel"]);
        engine.State.Write(layer.RecurrentKernel!, found["recurrent_kernel"]);
        if (layer.Bias is { } bias) engine.State.Write(bias, found["bias"]);
    }

    private static string Suffix(int depth, bool reverse) => FormattableString.Invariant($"_l{depth}{(reverse ? "_reverse" : "")}");

    private static bool HasTwoBiases(RecurrentLayer layer) => layer is GRU;

    // Where each of Forge's gates is among PyTorch's.
    private static int[] Order(RecurrentLayer layer) => layer is GRU ? [1, 0, 2] : [.. Enumerable.Range(0, layer.Gates)];

    private static void RequireKnown(RecurrentLayer layer)
    {
        if (layer is GRU { ResetAfter: false }) throw new DataException($"Layer '{layer.Name}' applies the reset gate before the product; PyTorch's GRU does so after it. Use resetAfter: true.");
    }
}
