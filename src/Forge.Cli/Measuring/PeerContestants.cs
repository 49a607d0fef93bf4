using Forge.Core;

namespace Forge.Cli.Measuring;

/// <summary>Other frameworks' programs (bench/peers): which are on this machine, and how to get the others.</summary>
internal static class PeerContestants
{
    private static readonly TimeSpan s_probe = TimeSpan.FromMinutes(1);

    /// <summary>The peers that can be asked for.</summary>
    public static IReadOnlyList<string> Names { get; } = ["torch", "tfjs"];

    /// <summary>A peer's contestants.</summary>
    /// <param name="peer">One of <see cref="Names"/>.</param>
    /// <param name="torchDevice">What PyTorch computes on: cpu or cuda.</param>
    /// <param name="missing">Why there are none, with the command that would change it; null where there are some.</param>
    public static IReadOnlyList<Contestant> Of(string peer, string torchDevice, out string? missing)
    {
        missing = null;
        if (Places.Peers is not { } folder)
        {
            missing = $"{peer}: its program (bench/peers) is not beside this one. Run ./forge in a clone of the repository.";
            return [];
        }
        return peer == "torch" ? Torch(Path.Combine(folder, "torch_bench.py"), torchDevice, out missing) : TensorFlowJs(Path.Combine(folder, "tfjs"), out missing);
    }

    private static IReadOnlyList<Contestant> Torch(string program, string device, out string? missing)
    {
        missing = null;
        if (FindPython(device) is not { } python)
        {
            missing = device == "cuda" ? "torch: no Python here has PyTorch with CUDA. Name one that has in FORGE_PYTHON."
                : "torch: no Python here has PyTorch. Install it: sudo apt-get install --no-install-recommends python3-torch python3-numpy libopenblas0-pthread (Debian, Ubuntu); or name a Python that has it in FORGE_PYTHON.";
            return [];
        }
        // Memory order decides by a third which way; the faster of the two is what Forge is compared with.
        return [Mode("torch"), Mode("torch channels-last", "--channels-last")];

        Contestant Mode(string name, params IReadOnlyList<string> more) => new(name, "torch", workload => more.Count > 0 && !workload.HasImages ? null : new(new(python,
            [program, "--threads", $"{Environment.ProcessorCount}", "--device", device, "--only", workload.Name, "--iters", $"{workload.Iterations}", "--warmup", $"{workload.Warmup}", .. more])));
    }

    /// <summary>The first Python with PyTorch: FORGE_PYTHON, else the system's (a version manager's seldom has it), else the one on PATH.</summary>
    private static string? FindPython(string device)
    {
        var question = device == "cuda" ? "import torch, numpy, sys; sys.exit(not torch.cuda.is_available())" : "import torch, numpy";
        IReadOnlyList<string> candidates = Environment.GetEnvironmentVariable("FORGE_PYTHON") is { Length: > 0 } chosen ? [chosen] : ["/usr/bin/python3", "python3"];
        return candidates.FirstOrDefault(python => new ChildProgram(python, ["-c", question]).Run(s_probe).ExitCode == 0);
    }

    private static IReadOnlyList<Contestant> TensorFlowJs(string source, out string? missing)
    {
        missing = null;
        if (Places.Data is not { } data || !Directory.Exists(Path.Combine(data, "peers", "tfjs", "node_modules", "webgpu")))
        {
            missing = "tfjs: TensorFlow.js is not installed here. Get Node.js with npm, then run FORGE_SETUP=yes ./forge bench compare, which installs it into Forge's data folder.";
            return [];
        }
        if (new ChildProgram("node", ["--version"]).Run(s_probe).ExitCode != 0)
        {
            missing = "tfjs: no Node.js here. Install it: sudo apt-get install nodejs npm (Debian, Ubuntu).";
            return [];
        }
        // Node looks for packages above the program's file, not above the folder it runs in.
        var program = Path.Combine(data, "peers", "tfjs", "bench.mjs");
        try
        {
            File.Copy(Path.Combine(source, "bench.mjs"), program, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{program} cannot be written: {e.Message.TrimEnd('.')}. Make {Path.GetDirectoryName(program)} writable, or leave tfjs out with --peers torch.", e);
        }
        return [new("tfjs", "tfjs", Runs)];

        // A step of the large nets takes up to half a minute there, and one says as much as three.
        ComparedRun? Runs(ComparedWorkload workload)
        {
            if (workload.Name == "gru") return null; // it has only the kind that resets a state before its product
            var (iterations, warmup, rounds) = workload.Name is "cnn150" or "dcgan" ? (1, 1, 1) : workload.IsNet ? (3, 1, int.MaxValue) : (10, 2, int.MaxValue);
            return new(new("node", [program, "--backend", "webgpu", "--iters", $"{iterations}", "--warmup", $"{warmup}", "--only", workload.Name]), rounds);
        }
    }
}
