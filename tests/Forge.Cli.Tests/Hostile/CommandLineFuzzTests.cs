using System.CommandLine;
using System.Text;
using Forge.Cli.Commands;
using Forge.Cli.Measuring;
using Forge.Core;
using Forge.Fuzzing;
using Xunit.Abstractions;

namespace Forge.Cli.Tests.Hostile;

/// <summary>Command lines, shapes, settings and measurements that are not what they should be: accepted, or refused with a message; nothing is run.</summary>
public sealed class CommandLineFuzzTests(ITestOutputHelper output)
{
    private static readonly byte[][] s_lines = [.. ((string[])
    [
        "train cnn --data fashion-mnist --epochs 3 --batch 32 --lr 0.001 --augment --val 0.2 --seed 7 --json", "train rnn --cell gru --units 64 --data x --size 30 --out runs/a --quiet", "train video --model cnn-lstm --frames 4 --size 32 --precision mixed-bf16 --png",
        "train gan --size 28 --loss wgan-gp --classes --steps 100 --batch 8 --sample-every 5 --resume --out a", "evaluate runs/cnn-1 --data mnist --batch 4 --skip-bad --png a.png", "predict a.safetensors b.png c --top 2", "generate a -n 4 --grid --interpolate --class 3 --out s",
        "bench op --op sgemm --shape 16x16x16 --iters 3", "bench step --model cnn28 --warmup 4 --history", "bench compare --only cnn28,lstm --peers torch --rounds 1", "bench history --from a --workload b --plot c.png", "profile --model lstm --steps 2 --trace t.json",
        "tune --op conv2d --shape 8x36x36x64:3x3x128 --seconds 2 --limit 3", "lab relu --shape 16x16 --once --dump d", "devices --no-measure", "--help", "train cnn --help", "--version",
    ]).Select(line => Encoding.UTF8.GetBytes(line.Replace(' ', '\n')))];

    private static readonly string[] s_words =
    [
        "", "-", "--", "---", "--data", "--data=", "--epochs=0", "--epochs=-1", "--epochs=2147483648", "--epochs=1e3", "--batch", "99999999999999999999", "--lr=NaN", "--lr=Infinity", "--lr=1e-400", "--lr=-1", "--seed=-1", "--seed=18446744073709551616", "--seed=0x10",
        "--unknown", "--out", "..", "/", "/dev/null", "@file", "@", "[suggest]", "[parse]", "[diagram]", "--val=1", "--val=nan", "--val=-0", "--precision=", "--json=maybe", "-n", "-n=-5", "/?", "-h", "--version", "--shape", "0x0", "é", "\ud800", "\u001b[2J", "--top=\u202e", "cnn", "train", "%s", "$(id)", "`id`", "'", "\"", "\\", "\t", "\n",
    ];

    [Fact]
    public void DamagedCommandLine_IsTakenOrExplained() => Run(new("command lines", s_lines, line =>
    {
        // What an operating system can hand over: no word holds a NUL.
        var words = Encoding.UTF8.GetString(line).Replace("\0", "", StringComparison.Ordinal).Split('\n');
        var parsed = CommandLine.Parse(words);
        if (parsed.Errors.Count > 0) throw UsageProblem.Explain(parsed);
        // Then what is wrong with the other words does not matter, and nothing reads them.
        if (parsed.Tokens.Any(t => t.Type == System.CommandLine.Parsing.TokenType.Directive || t.Value is "--help" or "-h" or "-?" or "/?" or "/h" or "--version")) return;
        foreach (var option in parsed.CommandResult.Command.Options.Where(o => o is not System.CommandLine.Help.HelpOption and not VersionOption)) _ = parsed.GetResult(option)?.GetValueOrDefault<object?>();
        var invocation = new Invocation(parsed, new Report(json: false, quiet: true), null!);
        switch (parsed.CommandResult.Command.Name)
        {
            case "cnn" or "rnn" or "video": _ = TrainOptions.Settings(invocation, null, parsed.CommandResult.Command.Name).DataOptions(null); break;
            case "gan": _ = GanOptions.Settings(invocation, null).DataOptions(null); break;
        }
    }, typeof(UsageException), typeof(DataException))
    { Edits = [EditWords, EditWords, TextMutations.OfBytes], AllocationLimit = length => (8 << 20) + 4096L * length, FastTierInputs = 60 }); // the tree of commands is built for each

    [Fact]
    public void DamagedShape_IsTakenOrExplained() => Run(new("ops and shapes", [.. OpWorkload.Ops.Select(op => Encoding.UTF8.GetBytes($"{op} {System.Text.RegularExpressions.Regex.Match(OpWorkload.FormOf(op), "(?<=such as ).*").Value}"))], words =>
    {
        var parts = Encoding.UTF8.GetString(words).Split(' ', 2);
        if (parts.Length < 2 || !OpWorkload.Ops.Contains(parts[0])) throw new UsageException("no such op");
        var workload = OpWorkload.Parse(parts[0], parts[1]);
        Assert.All(workload.Inputs.Concat(workload.Outputs), type => Assert.True(type.Shape.Count > 0));
    }, typeof(UsageException))
    { Edits = [TextMutations.OfBytes], EditsBytes = false });

    // Two factors whose product is 0 in 32 bits once made an update of nothing.
    [Theory]
    [InlineData("adam", "65536x65536"), InlineData("sgd", "16777216x256"), InlineData("slice", "1x1x1x1"), InlineData("slice", "1x2x2x1")]
    public void ShapeOfNothing_IsExplained(string op, string shape) => Assert.Contains("--shape is", Assert.Throws<UsageException>(() => OpWorkload.Parse(op, shape)).Message, StringComparison.Ordinal);

    [Fact]
    public void DamagedSettings_AreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        new TrainSettings { Model = "rnn", Data = "/x", Size = 30, Validation = "0.2", StepsPerEpoch = 4 }.Save(folder.Path);
        byte[] classifier = File.ReadAllBytes(folder["run.json"]);
        new GanSettings { Classes = true, Size = 64, LearningRate = 0.1 }.Save(folder.Path);
        byte[] gan = File.ReadAllBytes(folder["run.json"]);
        Run(new("run.json", [classifier], settings =>
        {
            File.WriteAllBytes(folder["run.json"], settings);
            var read = TrainSettings.Load(folder.Path)!;
            _ = (read.Design.ModelConfig, read.DataOptions(null).BatchSize, read.Seed);
        }, typeof(DataException))
        { Edits = [TextMutations.OfBytes] });
        Run(new("run.json of a GAN", [gan], settings =>
        {
            File.WriteAllBytes(folder["run.json"], settings);
            _ = GanSettings.Load(folder.Path)!.DataOptions(null);
        }, typeof(DataException))
        { Edits = [TextMutations.OfBytes] });
    }

    [Fact]
    public void DamagedMeasurement_IsReadOrLeftOut()
    {
        const string Kept = """{"date":"2026-11-22T01:02:03Z","commit":"abc+","machine":"m","device":"d","driver":"v","workload":"sgemm1024","command":"c","ms":1.5,"ms_min":1,"ms_max":2,"n":7,"load":0.1,"ratios":{"torch":0.9}}""";
        const string Printed = """{"peer":"torch 2","workload":"cnn28","ms":1.5,"ms_min":1,"ms_max":2,"ms_first":9,"n":7,"peak_rss_mib":100,"device":"cpu","driver":"d"}""";
        Run(new("measurements", [Encoding.UTF8.GetBytes(Kept)], line => _ = HistoryEntry.Read(Encoding.UTF8.GetString(line))?.Series ?? throw new RefusedException(), typeof(RefusedException)) { Edits = [TextMutations.OfBytes] });
        Run(new("answers of other programs", [Encoding.UTF8.GetBytes(Printed)], line => _ = Timing.Find(Encoding.UTF8.GetString(line), out _) ?? throw new RefusedException(), typeof(RefusedException)) { Edits = [TextMutations.OfBytes] });
    }

    [Fact]
    public void DamagedLosses_AreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        Run(new("losses of an earlier run", ["""{"workload":"cnn28","driver":"d","losses":[2.3,2.1,null]}"""u8.ToArray()], file =>
        {
            File.WriteAllBytes(folder["losses"], file);
            using var writer = new System.Text.Json.Utf8JsonWriter(Stream.Null);
            writer.WriteStartObject();
            EarlierLosses.Read(folder["losses"], "cnn28").Write(writer, [2.3f, float.NaN, 2]);
        }, typeof(DataException))
        { Edits = [TextMutations.OfBytes] });
    }

    [Fact]
    public void DamagedLimits_AreTakenOrExplained() => Run(new("FORGE_LIMITS", [.. InputLimits.Names.Select(name => Encoding.UTF8.GetBytes(name + "=1000")), "frames=20, image-pixels=1000000,video-seconds=1.5"u8.ToArray(), ""u8.ToArray()],
        text => _ = InputLimits.Parse(Encoding.UTF8.GetString(text)), typeof(ForgeException))
    { Edits = [TextMutations.OfBytes] });

    private void Run(FuzzTarget target) => output.WriteLine(FuzzRun.Of(target).ToString());

    private static byte[] EditWords(Random random, byte[] input, byte[] other)
    {
        var words = Encoding.UTF8.GetString(input).Split('\n').ToList();
        var others = Encoding.UTF8.GetString(other).Split('\n');
        for (var i = random.Next(1, 4); i > 0; i--)
            switch (random.Next(5))
            {
                case 0: words.Insert(random.Next(words.Count + 1), TextMutations.OneOf(random, s_words)); break;
                case 1: words.Insert(random.Next(words.Count + 1), TextMutations.OneOf(random, others)); break;
                case 2 when words.Count > 1: words.RemoveAt(random.Next(words.Count)); break;
                case 3: words[random.Next(words.Count)] = TextMutations.OneOf(random, s_words); break;
                default: words.AddRange(Enumerable.Repeat(TextMutations.OneOf(random, words), random.Next(20) == 0 ? 500 : 1)); break;
            }
        return Encoding.UTF8.GetBytes(string.Join('\n', words));
    }
}
