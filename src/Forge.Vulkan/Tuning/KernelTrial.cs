using System.Text.Json;
using Forge.Core;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tuning;

/// <summary>A user's kernel to run once, a line of JSON to a process of its own: everything it needs, so that nothing of the user's program does.</summary>
/// <param name="Op">The op's name.</param>
/// <param name="Shader">What messages call the shader.</param>
/// <param name="Text">Its GLSL.</param>
/// <param name="Includes">Names and texts of the user's own files that it includes, in turn.</param>
/// <param name="Constants">Specialization constants; the first is the workgroup's size.</param>
/// <param name="Grid">Workgroups along x, y and z.</param>
/// <param name="Push">Words of PUSH.</param>
/// <param name="Inputs">The inputs' bytes.</param>
/// <param name="OutputBytes">The outputs' lengths, in bytes.</param>
/// <param name="IsChecked">Whether every access is checked.</param>
internal sealed record KernelTrial(
    string Op, string Shader, string Text, IReadOnlyList<string> Includes, IReadOnlyList<uint> Constants, IReadOnlyList<uint> Grid, IReadOnlyList<uint> Push,
    IReadOnlyList<byte[]> Inputs, IReadOnlyList<int> OutputBytes, bool IsChecked)
{
    /// <summary>A dispatch as a trial; null where it is no GLSL of a user's that runs by itself.</summary>
    public static KernelTrial? Of(Op op, Variant variant, KernelPlan plan, IReadOnlyList<HostTensor> inputs, IReadOnlyList<TensorType> outputs, bool isChecked) =>
        plan is { Dispatches: [{ Source: { } text, Bindings: null, Fill: null } dispatch], ScratchBytes: [], OnesBytes: 0 } && dispatch.Checks != AccessChecks.AsTheEngine
            ? new(op.Name, dispatch.Shader!, text, [.. (dispatch.Includes ?? []).SelectMany(i => (string[])[i.Name, i.Text])], variant.Constants ?? [variant.Lanes],
                [dispatch.Grid.X, dispatch.Grid.Y, dispatch.Grid.Z], dispatch.Push, [.. inputs.Select(x => x.Bytes.ToArray())], [.. outputs.Select(y => (int)y.Bytes)], isChecked)
            : null;

    /// <summary>Runs it between guards.</summary>
    public KernelTrialAnswer Run(VulkanBackend backend, GuardedRun guarded)
    {
        // Words are all that a device sees of a tensor.
        static TensorType Words(int bytes) => new(DType.U32, new Shape(bytes / 4));
        HostTensor[] inputs = [.. Inputs.Select(bytes =>
        {
            var words = new HostTensor(Words(bytes.Length));
            bytes.CopyTo(words.Bytes);
            return words;
        })];
        var includes = Enumerable.Range(0, Includes.Count / 2).Select(i => (Includes[2 * i], Includes[2 * i + 1])).ToArray();
        var kernel = new GlslKernel<StandIn>((_, _, _) => new GlslDispatch(GlslSource.AsRead(Shader, Text, includes))
        {
            Grid = new Grid(Grid[0], Grid[1], Grid[2]),
            Lanes = Constants[0],
            Constants = [.. Constants.Skip(1)],
            Push = Push,
            Unchecked = !IsChecked,
        });
        var op = new StandIn(Op, [.. OutputBytes.Select(Words)]);
        try
        {
            var variant = kernel.VariantsOf(op, [.. inputs.Select(x => x.Type)], op.Outputs, backend.Limits)[0];
            return new(Verdict.Right, "", [.. guarded.Run(op, kernel, variant, inputs, isChecked: IsChecked).Select(y => y.Bytes.ToArray())]);
        }
        catch (Exception problem) when (problem is GuardException or BoundsException)
        {
            return new(Verdict.Wrong, problem.Message, []);
        }
        catch (VulkanException problem) when (problem.Result == "ErrorDeviceLost")
        {
            return new(Verdict.Crashed, problem.Message, []);
        }
        catch (ForgeException problem)
        {
            return new(Verdict.Failed, problem.Message, []);
        }
    }

    /// <summary>Answers trials until there are no more.</summary>
    public static void Serve(TextReader questions, TextWriter answers, VulkanBackend backend, Action abandon)
    {
        using var guarded = new GuardedRun(backend.Device, backend.Transfers, backend.Pipelines);
        TrialServer.Answer(questions, answers, new TrialReady(backend.DeviceInUse.Identity), abandon, line =>
            JsonSerializer.Serialize(JsonSerializer.Deserialize(line, TrialJson.Default.KernelTrial)!.Run(backend, guarded), TrialJson.Default.KernelTrialAnswer));
    }

    // The op, as far as the device is concerned.
    private sealed record StandIn(string Label, IReadOnlyList<TensorType> Outputs) : Op
    {
        public override string Name => Label;

        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => Outputs;

        public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) => throw new NotSupportedException("The reference is with whoever asks.");

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => throw new NotSupportedException("Gradients are with whoever asks.");

        public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs);
    }
}

/// <summary>The answer to a trial, a line of JSON.</summary>
/// <param name="Verdict">What became of it; right means it ran and stayed in its tensors.</param>
/// <param name="Message">Why, where it is not right.</param>
/// <param name="Outputs">The outputs' bytes.</param>
internal sealed record KernelTrialAnswer(Verdict Verdict, string Message, IReadOnlyList<byte[]> Outputs)
{
    /// <inheritdoc cref="TrialAnswer.Read"/>
    public static KernelTrialAnswer Read(string line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, TrialJson.Default.KernelTrialAnswer) is { } answer && Enum.IsDefined(answer.Verdict) && answer.Outputs.All(output => output is not null))
                return answer;
        }
        catch (JsonException)
        {
            // Said below.
        }
        return new(Verdict.Crashed, TrialAnswer.NoAnswer(line), []);
    }
}
