using Forge.Core;
using Forge.Models.Cnn;

namespace Forge.Models.Rnn;

/// <summary>A recurrent net of the comparison: one cell over 28 steps of 28 numbers, then 10 logits from its last state.</summary>
/// <param name="Name">The workload's name, which is the cell: rnn, lstm, gru.</param>
/// <param name="Gates">Gates of a unit.</param>
/// <param name="Batch">Sequences in the batch.</param>
/// <remarks>Weights are Glorot uniform from the shared hash, streams 10 to 12; biases are zero, a GRU's recurrent one too.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BenchRnn(string Name, int Gates, int Batch) : BenchClassifier(Name, Batch)
{
    private const int Steps = 28, Features = 28, Units = 128;

    /// <inheritdoc/>
    protected override Shape Sample => (Steps, Features);

    /// <inheritdoc/>
    protected override (Func<Tensor, Tensor> Logits, IReadOnlyList<Parameter> Parameters) Net()
    {
        var kernel = Weights(10, "kernel", Features, Gates * Units);
        var recurrent = Weights(11, "recurrent", Units, Gates * Units);
        var head = Weights(12, "head", Units, Classes);
        var (bias, headBias) = (Bias("bias", Gates * Units), Bias("head_bias", Classes));
        var recurrentBias = Name == "gru" ? Bias("recurrent_bias", Gates * Units) : null;
        Parameter[] parameters = [kernel, recurrent, bias, head, headBias];
        return (Logits, recurrentBias is null ? parameters : [.. parameters, recurrentBias]);

        Tensor Logits(Tensor inputs)
        {
            var projections = (inputs.Reshape(Batch * Steps, Features).MatMul(kernel) + bias).Reshape(Batch, Steps, Gates * Units);
            var zeros = inputs.Graph.Full(new(DType.F32, (Batch, Units)), 0);
            var last = Name switch
            {
                "lstm" => projections.Lstm(recurrent, zeros, zeros).Last,
                "gru" => projections.Gru(recurrent, zeros, recurrentBias!).Last,
                _ => projections.SimpleRnn(recurrent, zeros).Last,
            };
            return last.MatMul(head) + headBias;
        }
    }

    /// <inheritdoc/>
    public override double StepFlops => 3 * 2.0 * Batch * Steps * Gates * Units * (Features + Units);

    private static Parameter Weights(uint stream, string name, int rows, int columns) =>
        new(name, new(DType.F32, (rows, columns)), _ => SharedHash.Glorot(stream, (rows, columns), rows, columns));

    private static Parameter Bias(string name, int count) => new(name, new(DType.F32, new Shape(count)));
}
