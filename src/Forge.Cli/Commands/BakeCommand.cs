using System.CommandLine;
using System.Diagnostics;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Optimizers;
using Forge.Models.Training;
using Forge.Vulkan;

namespace Forge.Cli.Commands;

/// <summary><c>forge bake</c>: compiles the shaders of Forge's own models and ops beforehand, so that a program that has them needs no compiler. ./forge and eng/bundle call it.</summary>
internal static class BakeCommand
{
    private const int Classes = 10, LearningRateNobodyUses = 1, CasesOfEachOp = 12;

    private static readonly Option<string?> Pack = new("--pack") { Description = "The file (default: shaders.pack beside the program, where it is found).", HelpName = "FILE" };
    private static readonly Option<bool> ModelsOnly = new("--models-only") { Description = "Leave out ops that the models do not use." };

    // What bench op and bench compare are mostly asked for; an op's shape decides which variants there are.
    private static readonly (string Op, string Shape)[] s_timed =
    [
        .. ((string[])["f16", "bf16"]).SelectMany(type => ((string, string)[])[("sgemm", $"1024x1024x1024/{type}"), .. ((string[])["conv2d", "conv2d-dx", "conv2d-dw"]).Select(op => (op, $"8x36x36x64:3x3x128/{type}"))]),
        ("sgemm", "256x256x256"), ("sgemm", "512x512x512"), ("sgemm", "1024x1024x1024"), ("sgemm", "4096x4096x4096"),
        .. ((string[])["conv2d", "conv2d-dx", "conv2d-dw"]).SelectMany(op => ((string[])["8x74x74x32:3x3x64", "8x36x36x64:3x3x128", "8x150x150x3:3x3x32"]).Select(shape => (op, shape))),
        ("maxpool", "8x148x148x32"), ("maxpool-grad", "8x148x148x32"), ("relu", "4096x4096"), ("relu", "32768x1024"), ("softmax", "4096x1024"),
    ];

    public static Command Build() => new Command("bake", "Compile shaders beforehand.") { Pack, ModelsOnly }.Hide().Does(Run);

    private static Command Hide(this Command command)
    {
        command.Hidden = true;
        return command;
    }

    private static int Run(Invocation invocation)
    {
        var started = Stopwatch.GetTimestamp();
        var baking = new ShaderBaking(new ShaderCompiler());
        foreach (var precision in Precision.All)
        {
            CollectModels(baking, precision, new());
            // Where a device multiplies matrices, factors are stored in 16 bits: other kernels.
            if (precision.Operand is { } operand && baking.Matrices.Contains(operand)) CollectModels(baking, precision, new() { MatrixOperands = [operand] });
        }
        foreach (var (op, shape) in s_timed)
        {
            var workload = OpWorkload.Parse(op, shape);
            baking.Add(workload.Op, workload.Inputs);
        }
        if (!invocation.Get(ModelsOnly)) baking.AddOps(CasesOfEachOp);
        invocation.Report.Say($"{baking.Count} shaders, collected in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        var compiled = baking.Compile(problem => Report.Warn($"left out: {problem}"), invocation.Interruption.Token);
        var path = invocation.Get(Pack) ?? ShaderPack.DefaultPath;
        if (!ShaderPack.Write(path, compiled)) throw new DataException($"{path} cannot be written. Choose another file with --pack.");
        invocation.Report.Result($"{compiled.Count} shaders, {new FileInfo(path).Length / 1024} KiB, in {path} after {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        return ExitCode.Success;
    }

    // Training, evaluating and predicting are traced and planned as they are when they run; only nothing runs.
    private static void CollectModels(ShaderBaking baking, Precision precision, BackendTraits traits)
    {
        foreach (var net in BenchNets.All)
        {
            using var engine = new Engine(baking.Backend(traits), new() { Precision = precision });
            net.CompileStep(engine).Prepare(net.Inputs);
        }
        foreach (var (side, channels) in ((int, int)[])[(28, 1), (150, 3)])
        {
            using var engine = new Engine(baking.Backend(traits), new() { Precision = precision });
            using var trainer = new Trainer(engine, ArticleCnn.Build((side, side, channels), Classes), new Adam(LearningRateNobodyUses), Losses.CategoricalCrossentropy, [BatchMetric.Accuracy]);
            // Whole batches, what a pass over ten thousand images leaves, single pictures, and odd numbers, which some variants exclude.
            foreach (var batch in (int[])[32, 16, 1, 7])
            {
                var (x, y) = (new TensorType(DType.U8, (batch, side, side, channels)), new TensorType(DType.F32, (batch, Classes)));
                trainer.PlanStep(x, y);
                if (side == 150) trainer.PlanStep(x, y, new AffineWarpOp(Scale: 1 / 255f));
                trainer.Evaluate(new HostTensor(x), new HostTensor(y), batch);
                trainer.Predict(new HostTensor(x), batch);
            }
        }
    }
}
