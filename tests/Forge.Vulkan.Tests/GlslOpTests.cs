using System.Runtime.InteropServices;
using System.Text.Json;
using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan.Tests.Tuning;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests;

/// <summary>Ops of a user's own with their GLSL: they run, and what is wrong with them is named.</summary>
public sealed class GlslOpTests : IDisposable
{
    private static readonly HostTensor s_x = HostTensor.From([1f, 2f, -3f], new Shape(3));

    private readonly string _folder = Directory.CreateTempSubdirectory("forge-glsl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void GlslOp_RunsAndDifferentiates_WithEveryAccessChecked_AmongUncheckedKernels(string driver)
    {
        using var engine = Open(driver);
        var step = engine.Compile(2, x => [new TwiceOp(TwiceOp.Right).On(x[0]).Sum([0]), .. Grad.Of((new TwiceOp(TwiceOp.Right).On(x[0]) * x[1]).Sum(), [x[0]])]);
        var results = step.Run(s_x, s_x);
        Assert.Equal(0f, results.Scalar());
        Assert.Equal([2f, 4f, -6f], results[1].Span<float>().ToArray());
        var modes = Pipelines(step).ToLookup(p => p.Name.Contains(nameof(GlslOpTests), StringComparison.Ordinal), p => p.Push.Mode);
        Assert.All(modes[true], mode => Assert.Equal(BufferMode.Checked, mode));
        Assert.NotEmpty(modes[false]);
        Assert.All(modes[false], mode => Assert.Equal(BufferMode.Address, mode));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void GlslOp_ThatStoresOutOfBounds_IsNamed_WithBindingAndIndex_AndTheEngineGoesOn(string driver)
    {
        using var engine = Open(driver);
        var stray = engine.Compile(x => new TwiceOp("STORE(Y, i + 5u, LOAD(X, i))").On(x));
        var error = Assert.Throws<BoundsException>(() => stray.Run(HostTensor.From([1f], new Shape(1))));
        Assert.Equal((1, 5u, true), (error.Binding, error.Index, error.IsStore));
        Assert.Contains("Twice (GLSL in GlslOpTests.cs)", error.Message, StringComparison.Ordinal);
        Assert.Contains("stored element 5 of binding 1, which is out of range; the slice has 1 elements", error.Message, StringComparison.Ordinal);
        Assert.Equal([2f, 4f, -6f], engine.Compile(x => new TwiceOp(TwiceOp.Right).On(x)).Run(s_x)[0].Span<float>().ToArray());
    }

    [DriverFact]
    public void GlslOp_WhoseIndexComesFromATensor_IsCheckedInEveryRun()
    {
        using var engine = Open();
        var step = engine.Compile(x => new TwiceOp("STORE(Y, i, 2.0 * LOAD(X, uint(LOAD(X, i))))").On(x));
        Assert.Equal([2f, 0f], step.Run(HostTensor.From([1f, 0f], new Shape(2)))[0].Span<float>().ToArray().Reverse());
        var error = Assert.Throws<BoundsException>(() => step.Run(HostTensor.From([0f, 7f], new Shape(2))));
        Assert.Equal((0, 7u, false), (error.Binding, error.Index, error.IsStore));
    }

    [DriverFact]
    public void GlslOp_ThatDoesNotCompile_NamesFileLineAndMessage()
    {
        using var engine = Open();
        var file = Write("broken.comp", TwiceOp.Shader("\n  STORE(Y, i, nonsense)"));
        var error = Assert.Throws<ShaderException>(() => Run(engine, GlslSource.FromFile(file)));
        Assert.Contains($"{file}:7: error: 'nonsense' : undeclared identifier", error.Message, StringComparison.Ordinal);
        Assert.Contains("7 |   STORE(Y, i, nonsense)", error.Message, StringComparison.Ordinal);

        error = Assert.Throws<ShaderException>(() => Run(engine, TwiceOp.Shader("STORE(Y, i, nonsense)")));
        Assert.Contains("Twice (GLSL in GlslOpTests.cs):6: error: 'nonsense'", error.Message, StringComparison.Ordinal);
    }

    [DriverFact]
    public void GlslOp_WhosePushDoesNotFit_SaysBothSides()
    {
        using var engine = Open();
        var error = Assert.Throws<ShaderException>(() => Run(engine, TwiceOp.Shader(TwiceOp.Right).Replace("uint count;", "uint count, more;", StringComparison.Ordinal)));
        Assert.Contains("PUSH in the shader must agree", error.Message, StringComparison.Ordinal);
    }

    [DriverFact]
    public void GlslOp_IncludesForgesFiles_AndThoseOfItsFolder_AlsoFromEachOther()
    {
        using var engine = Open();
        Write("twice.glsl", "#include \"parts/two.glsl\"\nfloat twice(float x) { return two() * x; }");
        Write("parts/two.glsl", "float two() { return 2.0; }");
        var text = TwiceOp.Shader("STORE(Y, i, isNaN(LOAD(X, i)) ? 0.0 : twice(LOAD(X, i)))").Replace("layout(", "#include \"math.glsl\"\n#include \"twice.glsl\"\nlayout(", StringComparison.Ordinal);
        Assert.Equal([2f, 4f, -6f], Run(engine, GlslSource.FromFile(Write("whole.comp", text))));
        Assert.Equal([2f, 4f, -6f], Run(engine, GlslSource.FromString(text, includes: _folder)));
    }

    [DriverFact]
    public void GlslOp_ThatIncludesOutsideItsFolder_IsRefused()
    {
        using var engine = Open();
        var secret = Write("secret.glsl", "float secret() { return 2.0; }");
        var own = Directory.CreateDirectory(Path.Combine(_folder, "own")).FullName;
        File.CreateSymbolicLink(Path.Combine(own, "link.glsl"), secret);
        File.WriteAllText(Path.Combine(own, "math.glsl"), "");
        string Including(string name) => Assert.Throws<ShaderException>(() => Run(engine, GlslSource.FromFile(
            Write("own/kernel.comp", TwiceOp.Shader(TwiceOp.Right).Replace("layout(", $"#include \"{name}\"\nlayout(", StringComparison.Ordinal))))).Message;
        Assert.Contains("kernel.comp:5: #include \"../secret.glsl\" leaves the kernel's folder", Including("../secret.glsl"), StringComparison.Ordinal);
        Assert.Contains("leaves the kernel's folder", Including(secret), StringComparison.Ordinal);
        Assert.Contains("is a link", Including("link.glsl"), StringComparison.Ordinal);
        Assert.Contains("one of Forge's own files", Including("math.glsl"), StringComparison.Ordinal);
        Assert.Contains("there is no missing.glsl", Including("missing.glsl"), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<ShaderException>(() => Run(engine, GlslSource.FromFile(Path.Combine(own, "gone.comp")))).Message, StringComparison.Ordinal);
    }

    [DriverFact]
    public void GlslOp_Unchecked_IsRunCheckedFirst_AndStaysOutWhereItIsWrong()
    {
        using var engine = Open();
        var right = engine.Compile(x => new TwiceOp(TwiceOp.Right, Unchecked: true).On(x));
        Assert.Equal([2f, 4f, -6f], right.Run(s_x)[0].Span<float>().ToArray());
        Assert.Equal(BufferMode.Address, Pipelines(right).Single().Push.Mode);
        var stray = Assert.Throws<BoundsException>(() => engine.Compile(x => new TwiceOp("STORE(Y, i + count, 2.0 * LOAD(X, i))", Unchecked: true).On(x)).Run(s_x));
        Assert.Equal((1, true), (stray.Binding, stray.IsStore));
        var wrong = Assert.Throws<ShaderException>(() => engine.Compile(x => new TwiceOp("STORE(Y, i, 3.0 * LOAD(X, i))", Unchecked: true).On(x)).Run(s_x));
        Assert.Contains("in fp64", wrong.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void OpCheck_OfARightOp_CountsWhatItLookedAt(string driver)
    {
        using var engine = Open(driver);
        var report = OpCheck.Run<TwiceOp>(engine, cases: 4);
        Assert.Equal(("Twice", 4, 8, 4), (report.Op, report.Cases, report.Runs, report.Gradients));
    }

    [DriverFact]
    public void OpCheck_OfAWrongOp_NamesTheCaseAndWhatIsWrong()
    {
        using var engine = Open();
        var value = Assert.Throws<OpCheckException>(() => OpCheck.Run<ThriceOnDeviceOp>(engine));
        Assert.Contains("ThriceOnDevice case 0 of seed 1", value.Message, StringComparison.Ordinal);
        Assert.Contains("in fp64", value.Message, StringComparison.Ordinal);
        Assert.Contains("the VJP and finite differences", Assert.Throws<OpCheckException>(() => OpCheck.Run<WrongSlopeOp>(engine)).Message, StringComparison.Ordinal);
        var stray = Assert.Throws<OpCheckException>(() => OpCheck.Run<StrayOp>(engine));
        Assert.IsType<BoundsException>(stray.InnerException);
        Assert.Throws<DeviceException>(() => OpCheck.Run<TwiceOp>(new Engine(new ReferenceBackend())));
    }

    [DriverFact]
    public void KernelTrial_HasEverythingAKernelNeeds_AndItsAnswerSaysWhatBecameOfIt()
    {
        using var backend = new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Mode = BufferMode.Address }));
        KernelTrialAnswer[] Ask(params string[] statements)
        {
            var questions = string.Join('\n', statements.Select(s => JsonSerializer.Serialize(Trial(new TwiceOp(s), backend), TrialJson.Default.KernelTrial)));
            using var answers = new CountedAnswers();
            KernelTrial.Serve(new PatientReader(answers, questions), answers, backend, () => Assert.Fail("nobody has gone"));
            return [.. answers.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => JsonSerializer.Deserialize(line, TrialJson.Default.KernelTrialAnswer)!)];
        }
        var answers = Ask(TwiceOp.Right, "STORE(Y, i + 7u, 1.0)", "nonsense");
        Assert.Equal([Verdict.Right, Verdict.Wrong, Verdict.Failed], answers.Select(a => a.Verdict));
        Assert.Equal([2f, 4f, -6f], MemoryMarshal.Cast<byte, float>(answers[0].Outputs.Single()).ToArray());
        Assert.Contains("binding 1", answers[1].Message, StringComparison.Ordinal);
        Assert.Contains("Twice (GLSL in GlslOpTests.cs):6: error", answers[2].Message, StringComparison.Ordinal);
    }

    private static KernelTrial Trial(TwiceOp op, VulkanBackend backend)
    {
        var kernel = backend.KernelOf(op)!;
        var variant = kernel.VariantsOf(op, [s_x.Type], [s_x.Type], backend.Limits)[0];
        return KernelTrial.Of(op, variant, kernel.PlanOf(op, variant, [s_x.Type], [s_x.Type]), [s_x], [s_x.Type], isChecked: true)!;
    }

    private static Engine Open(string? driver = null) => new(new VulkanBackend(Drivers.Open(driver ?? Drivers.Names()[0], new() { Mode = BufferMode.Address })));

    private static float[] Run(Engine engine, GlslSource source) => engine.Compile(x => new FromSourceOp(source).On(x)).Run(s_x)[0].Span<float>().ToArray();

    private static IEnumerable<ComputePipeline> Pipelines(CompiledFunction step) => ((Executable)step.Executable!).Steps.OfType<RecordedDispatch>().Select(d => d.Pipeline);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    // y = 2x, with a shader whose one statement the test gives.
    private record TwiceOp(string Statement, bool Unchecked = false) : GlslOp, ISampled
    {
        public const string Right = "STORE(Y, i, 2.0 * LOAD(X, i))";

        public override string Name => GetType() == typeof(TwiceOp) || this is FromSourceOp ? "Twice" : base.Name;

        public static string Shader(string statement) => $$"""
            #version 450
            #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
            #define PUSH uint count;
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { uint i = LINEAR_INDEX; if (i >= count) return; {{statement}}; }
            """;

        protected override GlslDispatch Glsl(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => new(Shader(Statement)) { Unchecked = Unchecked };

        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0].MustBe(DType.F32)];

        public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
        {
            for (var i = 0; i < inputs[0].Elements.Length; i++) outputs[0][i] = 2 * inputs[0][i];
        }

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * 2f];

        public static OpCase Sample(Draw draw) => Case(new TwiceOp(Right), draw);

        protected static OpCase Case(Op op, Draw draw) => new(op, draw.Uniform(draw.Shape(2)));
    }

    private sealed record FromSourceOp(GlslSource Source) : TwiceOp("")
    {
        protected override GlslDispatch Glsl(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => new(Source);
    }

    private sealed record ThriceOnDeviceOp() : TwiceOp("STORE(Y, i, 3.0 * LOAD(X, i))"), ISampled
    {
        public static new OpCase Sample(Draw draw) => Case(new ThriceOnDeviceOp(), draw);
    }

    private sealed record WrongSlopeOp() : TwiceOp(Right), ISampled
    {
        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * 2.001f];

        public static new OpCase Sample(Draw draw) => Case(new WrongSlopeOp(), draw);
    }

    private sealed record StrayOp() : TwiceOp("STORE(Y, i + 1u, 2.0 * LOAD(X, i))"), ISampled
    {
        public static new OpCase Sample(Draw draw) => Case(new StrayOp(), draw);
    }
}
