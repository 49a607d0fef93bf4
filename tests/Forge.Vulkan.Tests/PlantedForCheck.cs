using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Models.Optimizers;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests;

/// <summary>Mistakes that <c>forge check</c> is there for, and what it says of them; null where it says nothing.</summary>
internal static class PlantedForCheck
{
    /// <summary>What is wrong with the derivatives of <see cref="PlantedCubeOp"/>.</summary>
    public enum Gradient
    {
        /// <summary>Nothing.</summary>
        Right,

        /// <summary>Its slope, by a tenth.</summary>
        Slope,

        /// <summary>Its VJP is right; that of the op that the VJP is made of is not, by a tenth.</summary>
        Adjoint,

        /// <summary>Its slope does not depend on x where it is differentiated.</summary>
        Curve,
    }

    /// <summary>The derivative checks of an op with a mistake. They run on the host.</summary>
    public static string? Derivatives(Gradient mistake) =>
        new OpChecker(_ => throw new InvalidOperationException("derivatives are nothing to ask a device"), new CheckScope { Trials = 5 })
            .Derivatives(new("PlantedCube", draw => new(new PlantedCubeOp(mistake), draw.Uniform(draw.Shape(2))))).Problem;

    /// <summary>A kernel that counts its runs and adds the count to the last bits of its results, which stay near enough to the reference's.</summary>
    public static string? OtherBitsInEachRun(string driver, bool counts)
    {
        using var device = CheckDevice.Open(options => Drivers.Open(driver, options), setting: null);
        var prepared = new PreparedCase(new(new RestlessOp(counts), Draw.FromSeed(3).Uniform(new Shape(5, 7))));
        var answer = device.Check(prepared, Assert.Single(device.Variants(prepared)));
        // The first run passed: it is by the second alone that it is wrong.
        Assert.True(answer.Worst is null or 0);
        return answer.Verdict == Verdict.Right ? null : answer.Message;
    }

    /// <summary>A finite flag that nothing lowers: a step over a NaN goes through and spoils the weights. Then the check of the flag's kernel.</summary>
    public static string? LostFlag(string driver, bool lost)
    {
        var shaders = Directory.CreateTempSubdirectory("forge flag ");
        try
        {
            var compiler = Compiler(shaders.FullName, lost);
            var device = Drivers.Open(driver);
            using (var engine = new Engine(new VulkanBackend(device, tuned: false, pipelines: new PipelineLibrary(device, compiler))))
            {
                var w = new Parameter("w", new(DType.F32, new Shape(3)));
                var optimizer = new SGD(0.1f);
                var step = engine.Compile(x =>
                {
                    var loss = (x * w).Sum();
                    optimizer.Minimize(loss, [w]);
                    return loss;
                });
                var noticed = Record.Exception(() => step.Run(HostTensor.From([1f, float.NaN, 1f], new Shape(3)))) is DivergedException;
                Assert.Equal((!lost, lost), (noticed, engine.State.Read(w).Span<float>().Contains(float.NaN)));
            }
            using var bench = new CheckBench(setting => CheckDevice.Open(options => Drivers.Open(driver, options), setting, compiler: compiler));
            var rows = new OpChecker(bench.Answer, new() { Trials = 8, Under = [null, "nan"] }).Check(OpTable.Find("Finite")!);
            Assert.Contains(rows, r => r.Under == "nan");
            return rows.Select(r => r.Failure?.Answer.Message).FirstOrDefault(m => m is not null);
        }
        finally
        {
            shaders.Delete(recursive: true);
        }
    }

    // The shaders of the repository, of which one has lost its last line.
    private static ShaderCompiler Compiler(string folder, bool lost)
    {
        const string Lowers = "ATOMIC_AND(Y, 0u, 0u);";
        var from = Path.Combine(LayoutTests.FindRoot(), "shaders");
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            var text = File.ReadAllText(file);
            if (lost && Path.GetFileName(file) is "Finite.comp" or "Finite.lane.comp")
            {
                Assert.Contains(Lowers, text, StringComparison.Ordinal);
                text = text.Replace(Lowers, "return;", StringComparison.Ordinal);
            }
            File.WriteAllText(to, text);
        }
        return new(new ShaderSource(folder), DeviceUnderTest.Compiled);
    }

    /// <summary>x³.</summary>
    private sealed record PlantedCubeOp(Gradient Mistake) : ElementwiseOp
    {
        public override string Glsl => "a * a * a";

        public override int Arity => 1;

        public override double Apply(ReadOnlySpan<double> x) => x[0] * x[0] * x[0];

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
        {
            var along = new PlantedSlopeOp(Mistake).On(node.Inputs[0], cotangents[0]);
            return [Mistake == Gradient.Slope ? 1.1f * along : along];
        }
    }

    /// <summary>3 x² u, of x and u.</summary>
    private sealed record PlantedSlopeOp(Gradient Mistake) : ElementwiseOp
    {
        public override string Glsl => "3.0 * a * a * b";

        public override int Arity => 2;

        public override double Apply(ReadOnlySpan<double> x) => 3 * x[0] * x[0] * x[1];

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
        {
            var (x, u, c) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
            return [Mistake == Gradient.Curve ? null : c * 6f * x * u, c * (Mistake == Gradient.Adjoint ? 3.3f : 3f) * x * x];
        }
    }

    /// <summary>x, but for its last four bits.</summary>
    private sealed record RestlessOp(bool Counts) : GlslOp
    {
        private const string Shader = """
            #version 450
            #define PUSH uint count, run;
            #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { uint i = LINEAR_INDEX; if (i < count) STORE(Y, i, uintBitsToFloat(floatBitsToUint(LOAD(X, i)) ^ (run & 15u))); }
            """;

        private static int s_runs;

        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];

        public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) => inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0]];

        protected override GlslDispatch Glsl(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
            new(Shader) { Push = [(uint)outputs[0].Count, Counts ? (uint)Interlocked.Increment(ref s_runs) : 0] };
    }
}
