using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>Runs an op as users do, in a plan of its own: its gradient, and what has no elements to run a kernel on.</summary>
internal static class PlanCheck
{
    /// <summary>What a gradient may be off, in units of 2^-24 of the largest number on the way to it: each of its ops rounds at its own size.</summary>
    public const double GradientUlps = 128;

    /// <summary>Every smallest set of axes of a case that may be empty.</summary>
    public static CheckAnswer Empty(CheckDevice device, OpCase drawn)
    {
        var last = CheckAnswer.Of(Verdict.Right, "");
        foreach (var emptied in EmptyCases.Of(drawn))
            if ((last = Forward(device.Engine, emptied)).Verdict != Verdict.Right)
                return last with { Message = $"{emptied.Op}: {last.Message}" };
        return last;
    }

    /// <summary>The op as a plan of its own against its reference.</summary>
    public static CheckAnswer Forward(Engine engine, OpCase drawn)
    {
        // As tolerant as of the form in which it reaches the device.
        var (closeness, shapes) = (Closeness.For(CheckCases.AsPlanned(drawn).Op), string.Join(" ", drawn.Inputs.Select(i => i.Type)));
        using var step = engine.Compile(drawn.Inputs.Count, x => (x.Count > 0 ? Graph.Current.Add(drawn.Op, [.. x]) : Graph.Current.Add(drawn.Op)).Outputs);
        var results = step.Run([.. drawn.Inputs.Select(i => i.ToHost())]);
        var expected = Closeness.Reference(drawn.Op, drawn.Inputs);
        return Answer(closeness.Measure(drawn.Op, drawn.Inputs, expected, [.. Enumerable.Range(0, expected.Count).Select(o => results[o])]), closeness.Ulps, shapes);
    }

    /// <summary>The gradient of ⟨u, op(x)⟩ for a random u, planned and run as a training step is, against the reference's.</summary>
    public static CheckAnswer Gradient(CheckDevice device, OpCase drawn)
    {
        var shapes = string.Join(" ", drawn.Inputs.Select(i => i.Type));
        var host = new CaseGraph(drawn);
        if (!host.IsDifferentiable || DerivativeCheck.Declines(drawn.Op))
            return CheckAnswer.Of(Verdict.Right, CheckAnswer.NoGradient) with { Shapes = shapes };
        var expected = Grad.Of(CaseGraph.Dot(host.Outputs, host.Cotangents), host.Wrt);
        ReferenceTensor[] cotangents = [.. host.Cotangents.Select(host.Value)];
        // A value of the graph is rounded at its own size, and gradients of what cancels carry that on.
        var largest = host.Largest(expected);
        using var step = device.Engine.Compile(drawn.Inputs.Count + cotangents.Length, x =>
        {
            Tensor[] inputs = [.. x.Take(drawn.Inputs.Count)];
            var outputs = Graph.Current.Add(drawn.Op, inputs).Outputs.Where(y => y.DType == DType.F32).ToList();
            return Grad.Of(CaseGraph.Dot(outputs, [.. x.Skip(inputs.Length)]), [.. inputs.Where(i => i.DType == DType.F32)]);
        });
        var results = step.Run([.. drawn.Inputs.Concat(cotangents).Select(i => i.ToHost())]);
        var (worst, normalised) = (0.0, 0.0);
        for (var k = 0; k < expected.Count; k++)
        {
            var (wanted, got, errors) = (host.Value(expected[k]), results[k], 0.0);
            for (var i = 0; i < wanted.Elements.Length; i++)
            {
                var error = Math.Abs(got[i] - wanted[i]) / largest * (1 << 24);
                if (!(error <= GradientUlps) && wanted[i] != got[i])
                    return Answer(new(error, double.PositiveInfinity,
                        $"the gradient of input {k} of those in f32 is {got[i]:G9} at {Closeness.Place(wanted.Shape, i)} on the device, {wanted[i]:G9} in fp64 (limit {GradientUlps * largest / (1 << 24):G3})."), GradientUlps, shapes);
                worst = Math.Max(worst, wanted[i] == got[i] ? 0 : error);
                errors += Math.Pow(got[i] - wanted[i], 2);
            }
            normalised = Math.Max(normalised, errors == 0 ? 0 : Math.Sqrt(errors) / (largest * Math.Sqrt(wanted.Elements.Length)) * (1 << 24));
        }
        return Answer(new(worst, normalised, null), GradientUlps, shapes);
    }

    private static CheckAnswer Answer(Deviation deviation, double allowed, string shapes) =>
        new(deviation.Problem is null ? Verdict.Right : Verdict.Wrong, deviation.Problem ?? "", shapes, Finite(deviation.Units), Finite(deviation.Normalised), allowed, false, []);

    private static double? Finite(double units) => double.IsFinite(units) ? units : null;
}
