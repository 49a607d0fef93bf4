using System.Buffers.Binary;
using System.Text;
using Forge.Core;
using Forge.Fuzzing;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Gan;
using Forge.Models.Training;
using Xunit.Abstractions;

namespace Forge.Models.Tests.Hostile;

/// <summary>Checkpoints, weights and logs that strangers wrote: accepted, or refused with a message; nothing else.</summary>
public sealed class CheckpointFuzzTests(ITestOutputHelper output)
{
    private static readonly Checkpoint s_sample = new()
    {
        Weights = new Dictionary<string, HostTensor> { ["dense/kernel"] = HostTensor.From([1f, 2, 3, 4, 5, 6], (2, 3)), ["dense/bias"] = HostTensor.From([7f, 8, 9], new Shape(3)) },
        OptimizerSlots = new Dictionary<string, HostTensor> { ["adam/m/dense/kernel"] = HostTensor.From([9f, 8, 7, 6, 5, 4], (2, 3)) },
        ModelConfig = new CnnDesign().ModelConfig,
        OptimizerConfig = "adam",
        VariantTable = "batch 32: MatMul lane64\nbatch 32: Relu lanes128",
        InputShape = [28, 28, 1],
        ClassNames = ["T-shirt/top", "éléphant"],
        Step = 5000,
        Epoch = 2,
        StepInEpoch = 17,
        Data = new(3, 4),
        Seeds = new Dictionary<string, ulong> { ["engine"] = ulong.MaxValue },
        Values = new Dictionary<string, double> { ["best"] = 0.3, ["engine.random_step"] = 12 },
        Notes = new Dictionary<string, string> { ["precision"] = "strict32" },
    };

    private static readonly byte[][] s_states =
    [
        Encoding.UTF8.GetBytes(TrainingState.ToJson(s_sample)),
        Encoding.UTF8.GetBytes(TrainingState.ToJson(s_sample with { InputShape = [], ClassNames = [], Seeds = new Dictionary<string, ulong>(), Values = new Dictionary<string, double>(), Notes = new Dictionary<string, string>() })),
    ];

    private static readonly byte[][] s_safetensors =
    [
        File(s_sample.Weights), File(new Dictionary<string, HostTensor> { ["empty"] = new(new(DType.F32, (0, 3))), ["scalar"] = HostTensor.Of(2), ["bytes"] = HostTensor.From((byte[])[1, 2, 3], new Shape(3)) }),
        Foreign("""{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"shape":[1,1],"data_offsets":[4,8],"dtype":"I32"}}""", 8), Foreign("{}", 0),
    ];

    [Fact]
    public void DamagedSafetensors_IsReadOrRefused() => Run(new("safetensors", s_safetensors, file => Safetensors.Read(new MemoryStream(file), "x.safetensors"), typeof(CheckpointException))
    { Edits = [EditHeader, Shuffle] });

    [Fact]
    public void DamagedTrainingState_IsReadOrRefused() => Run(new("training state", s_states, state =>
    {
        var read = TrainingState.FromJson(Encoding.UTF8.GetString(state), "x.safetensors", s_sample);
        // What a run that goes on relies on.
        Assert.True(read is { Step: >= 0, Epoch: >= 0, StepInEpoch: >= 0, Data: { Pass: >= 0, Batch: >= 0 } });
        Assert.True(read.InputShape.All(extent => extent > 0) && read.ClassNames.All(name => name is not null) && read.Notes.Values.All(note => note is not null));
        _ = new Shape([.. read.InputShape]).Count;
    }, typeof(CheckpointException))
    { Edits = [TextMutations.OfBytes] });

    // The checksum is right, as it is in a file that was made to harm.
    [Fact]
    public void CheckpointMadeToHarm_IsLoadedOrRefused() => Run(new("checkpoints", [.. s_states.Select(state => CheckpointOf(state, s_sample.ModelConfig))], file =>
    {
        var read = Checkpoint.Of(Safetensors.Read(new MemoryStream(file), "x.safetensors"), "x.safetensors");
        _ = ClassifierDesign.Of(read.ModelConfig);
        _ = SavedGan.Is(read);
    }, typeof(CheckpointException))
    { Edits = [EditCheckpoint] });

    // Weights that fit, and words that may not: what evaluate, predict and generate make of them.
    [Fact]
    public void ModelMadeToHarm_IsOpenedOrRefused()
    {
        var (cnn, gan) = (new CnnDesign(), new DcGanConfig(28, 1, 2, "nonsaturating", 1, 2));
        byte[][] corpus;
        using (var engine = Engines.Reference())
        {
            Checkpoint Of(IEnumerable<Core.Parameter> parameters, string model, int[] shape) =>
                s_sample with { Weights = parameters.ToDictionary(p => p.Name, engine.State.Read), OptimizerSlots = new Dictionary<string, HostTensor>(), ModelConfig = model, InputShape = shape };
            var design = new DcGan(gan);
            corpus =
            [
                BytesOf(Of(cnn.Build((22, 22, 1), 2).Parameters, cnn.ModelConfig, [22, 22, 1])),
                BytesOf(Of(new Models.Rnn.RnnDesign("gru", 3).Build((5, 4, 1), 2).Parameters, new Models.Rnn.RnnDesign("gru", 3).ModelConfig, [5, 4, 1])),
                BytesOf(Of([.. design.Generator.Parameters, .. design.Discriminator.Parameters], gan.ToJson(), [28, 28, 1])),
            ];
        }
        Run(new("checkpoints opened", corpus, file =>
        {
            using var engine = Engines.Reference();
            var read = Checkpoint.Of(Safetensors.Read(new MemoryStream(file), "x.safetensors"), "x.safetensors");
            if (SavedGan.Is(read)) SavedGan.Load(engine, read, "x.safetensors").Dispose();
            else _ = SavedClassifier.Load(engine, read, "x.safetensors").ImageShape;
        }, typeof(CheckpointException))
        { Edits = [EditWords], EditsBytes = false, AllocationLimit = length => (8 << 20) + 64L * length, FastTierInputs = 40 });

        static byte[] EditWords(Random random, byte[] input, byte[] other)
        {
            var read = Checkpoint.Of(Safetensors.Read(new MemoryStream(input), "x"), "x");
            for (var tries = 0; tries < 20; tries++)
                try
                {
                    var state = TrainingState.FromJson(TextMutations.Edit(random, TrainingState.ToJson(read), TrainingState.ToJson(read)), "x", read);
                    return BytesOf(state with { ModelConfig = TextMutations.Edit(random, read.ModelConfig, read.ModelConfig) is var edited && random.Next(2) == 0 ? edited : read.ModelConfig });
                }
                catch (CheckpointException)
                {
                    // Refused before it could do harm: another.
                }
            return input;
        }

        static byte[] BytesOf(Checkpoint checkpoint)
        {
            using var folder = new TemporaryFolder();
            checkpoint.Save(folder["a"]);
            return System.IO.File.ReadAllBytes(folder["a"]);
        }
    }

    [Fact]
    public void DamagedModelConfig_IsKnownOrNot() => Run(new("model configurations",
        [.. ((string[])[new CnnDesign().ModelConfig, new Models.Rnn.RnnDesign("gru", 32).ModelConfig, new Models.Video.VideoDesign("conv3d").ModelConfig, new DcGanConfig(28, 1, 10, "nonsaturating", 8).ToJson()]).Select(Encoding.UTF8.GetBytes)], config =>
    {
        var text = Encoding.UTF8.GetString(config);
        if (ClassifierDesign.Of(text) is { } design) Assert.Equal(text, design.ModelConfig);
        else if (DcGanConfig.FromJson(text) is { } gan) _ = new DcGan(gan);
        else throw new CheckpointException("no model");
    }, typeof(CheckpointException))
    { Edits = [TextMutations.OfBytes] });

    [Fact]
    public void DamagedLog_IsReadOrRefused()
    {
        // In memory where that can be had: each log is flushed to the disk, a hundred thousand times.
        var folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"forge-logs-{Guid.NewGuid():N}")).FullName;
        var (path, table) = (Path.Combine(folder, "log.jsonl"), Path.Combine(folder, "log.csv"));
        byte[] log = Encoding.UTF8.GetBytes(string.Join('\n',
            JsonLog.Line("epoch", json => { json.WriteNumber("epoch", 1); JsonLog.WriteNumber(json, "loss", 0.5); JsonLog.WriteNumber(json, "val_accuracy", double.NaN); }),
            JsonLog.Line("epoch", json => { json.WriteNumber("epoch", 2); JsonLog.WriteNumber(json, "loss", 0.25); }), ""));
        try
        {
            Run(new("logs", [log], content =>
            {
                System.IO.File.WriteAllBytes(path, content);
                using (var resumed = new JsonLog(path, resumeAfter: 1)) resumed.AppendEpoch(2, []);
                System.IO.File.WriteAllBytes(table, [.. "epoch,loss\n1,0.5\n"u8, .. content]);
                using (var resumed = new CsvLog(table, ["loss"], resumeAfter: 1)) resumed.Append(2, new Dictionary<string, double> { ["loss"] = 1 });
                System.IO.File.WriteAllBytes(path, content);
                Assert.All(EpochHistory.Read(path).Values, values => Assert.NotEmpty(values));
            }, typeof(DataException))
            { Edits = [TextMutations.OfBytes], AllocationLimit = length => (1 << 20) + 1024L * length }); // each damaged line costs an exception
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Run(FuzzTarget target) => output.WriteLine(FuzzRun.Of(target).ToString());

    private static byte[] File(IReadOnlyDictionary<string, HostTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    private static byte[] Foreign(string header, int dataBytes)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, Encoding.UTF8.GetByteCount(header));
        return [.. length, .. Encoding.UTF8.GetBytes(header), .. new byte[dataBytes]];
    }

    private static (string Header, byte[] Data) Parts(byte[] file)
    {
        var length = file.Length < 8 ? 0 : (int)Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(file), 0, file.Length - 8);
        return (Encoding.UTF8.GetString(file.AsSpan(Math.Min(8, file.Length), length)), file[Math.Min(file.Length, 8 + length)..]);
    }

    // The header's words, its length made right again.
    private static byte[] EditHeader(Random random, byte[] input, byte[] other)
    {
        var (header, rest) = Parts(input);
        var edited = Foreign(TextMutations.Edit(random, header, Parts(other).Header), 0);
        return [.. edited, .. rest];
    }

    // Tensors that overlap, leave gaps, or are vast.
    private static byte[] Shuffle(Random random, byte[] input, byte[] other)
    {
        var bytes = random.Next(64);
        var tensors = Enumerable.Range(0, random.Next(1, 6)).Select(i =>
        {
            var begin = random.Next(3) == 0 ? (long)ByteMutations.Number(random) : random.Next(bytes + 1);
            var end = random.Next(3) == 0 ? (long)ByteMutations.Number(random) : begin + random.Next(bytes + 1);
            var shape = string.Join(',', Enumerable.Range(0, random.Next(70) == 0 ? random.Next(100) : random.Next(4)).Select(_ => random.Next(3) == 0 ? ByteMutations.Number(random) : (ulong)random.Next(9)));
            return $"\"t{random.Next(6)}\":{{\"dtype\":\"{TextMutations.OneOf(random, ["F32", "U8", "F16", "BF16", "I32", "U32", "F64", "f32", ""])}\",\"shape\":[{shape}],\"data_offsets\":[{begin},{end}]}}";
        });
        return Foreign("{" + string.Join(',', tensors) + "}", bytes);
    }

    private static byte[] CheckpointOf(byte[] state, string model) => File(
        s_sample.Weights.Concat(s_sample.OptimizerSlots.Select(s => KeyValuePair.Create(Checkpoint.OptimizerPrefix + s.Key, s.Value))).ToDictionary(),
        new Dictionary<string, string> { ["format"] = "forge", ["forge.training"] = Encoding.UTF8.GetString(state), ["forge.model"] = model, ["forge.optimizer"] = "adam", ["forge.variants"] = s_sample.VariantTable });

    private static byte[] EditCheckpoint(Random random, byte[] input, byte[] other)
    {
        var state = TextMutations.OfBytes(random, TextMutations.OneOf(random, s_states), s_states[0]);
        return CheckpointOf(state, TextMutations.Edit(random, TextMutations.OneOf(random, [s_sample.ModelConfig, new DcGanConfig(28, 1, 10, "nonsaturating", 8).ToJson()]), s_sample.ModelConfig));
    }
}
