using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Forge.Core;
using Forge.Core.Reference;
using Forge.Models;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Reports;

namespace Forge.Vulkan.Tests;

/// <summary>Every public type says what threads may do with it, in the element threadsafety of its documentation; what says "Safe." is used by many at once here.</summary>
public sealed class ThreadSafetyTests : IDisposable
{
    private const int Threads = 4, Rounds = 8;

    // How a statement begins; what follows narrows it.
    private static readonly string[] s_words =
        ["Immutable", "Safe", "Functions of their arguments alone", "One thread at a time", "One thread writes, or any number read", "Called on the thread that"];

    private static readonly Assembly[] s_assemblies = [typeof(Op).Assembly, typeof(VulkanBackend).Assembly, typeof(Model).Assembly];

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge threads ");

    // Who writes "Safe." above a type adds what uses it at once.
    private Dictionary<Type, Action> Uses => new()
    {
        [typeof(OpTable)] = () => AllAlike(() => string.Join(' ', OpTable.Entries.Select(e => e.Name))),
        [typeof(Switches)] = () => AllAlike(() => string.Join(' ', Switches.Unknown())),
        [typeof(DeviceCatalogue)] = () => AllAlike(() => string.Join('\n', DeviceCatalogue.List().Select(d => d.Description))),
        [typeof(AtomicFile)] = WriteOneFile,
        [typeof(ImageDecoder)] = DecodeOneFile,
        [typeof(EngineVulkan)] = () => AllAlike(() => Losses(Engine.Open(new() { Seed = 3 }))),
    };

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void PublicTypes_SayWhatThreadsMayDo()
    {
        var statements = Statements();
        var missing = s_assemblies.SelectMany(a => a.GetExportedTypes()).Where(IsWritten).Where(t => !s_words.Any(w => statements.GetValueOrDefault(DocumentedName(t), "").StartsWith(w, StringComparison.Ordinal)))
            .Select(t => $"{t.FullName}: '{statements.GetValueOrDefault(DocumentedName(t), "")}'");
        Assert.True(!missing.Any(), $"Without <threadsafety>, or with one that begins with none of {string.Join(", ", s_words.Select(w => $"'{w}'"))}:\n{string.Join('\n', missing)}");
    }

    [Fact]
    public void TypesThatSaySafe_AreUsedByManyAtOnce_Here()
    {
        var statements = Statements();
        var safe = s_assemblies.SelectMany(a => a.GetExportedTypes()).Where(t => statements.GetValueOrDefault(DocumentedName(t), "").StartsWith("Safe", StringComparison.Ordinal));
        Assert.Equal(safe.Select(t => t.Name).Order(StringComparer.Ordinal), Uses.Keys.Select(t => t.Name).Order(StringComparer.Ordinal));
    }

    [DriverFact]
    public void TypesThatSaySafe_AreSafe()
    {
        foreach (var use in Uses.Values) use();
    }

    // What is immutable is shared by all: ops, kernels, tables, a model's description. Each engine is used by its own thread.
    [DriverTheory, InlineData(false), InlineData(true)]
    public void EnginesOfSeveralThreads_TrainAsOneAlone(bool reference)
    {
        var driver = Drivers.Names()[0];
        AllAlike(() => Losses(reference ? new Engine(new ReferenceBackend(), new() { Seed = 3 }) : new Engine(new VulkanBackend(Drivers.Open(driver, shared: true)), new() { Seed = 3 })));
    }

    [Fact]
    public void FunctionsOfTheirArguments_GiveTheSameOnEveryThread()
    {
        AllAlike(() => string.Join('\n', OpTable.Entries.Select(e => $"{e.Name} {ReferenceOf(e.Sample(Draw.FromSeed(1)))}")));
        AllAlike(() => Convert.ToHexString(SharedHash.Uniform(3, (64, 8), 0, 1).Bytes));
        var picture = new PixelImage(5, 7, 3, [.. Enumerable.Range(0, 105).Select(i => (byte)(i * 7))]);
        var history = new Dictionary<string, IReadOnlyList<double>> { ["loss"] = [3, 2, 1.5], ["val_loss"] = [3, 2.5, 2.4] };
        AllAlike(() => Convert.ToHexString(PngFile.Encode(picture)));
        AllAlike(() => Convert.ToHexString(LearningCurves.Draw(history)));
    }

    private static string ReferenceOf(OpCase drawn)
    {
        var outputs = drawn.Op.Infer([.. drawn.Inputs.Select(i => i.Type)]).Select(t => new ReferenceTensor(t)).ToArray();
        drawn.Op.Reference(drawn.Inputs, outputs);
        return string.Join(' ', outputs.SelectMany(o => o.Elements).Select(BitConverter.DoubleToInt64Bits).Aggregate(0L, (hash, bits) => hash * 31 + bits));
    }

    private void WriteOneFile()
    {
        var path = Path.Combine(_root.FullName, "one file");
        AtOnce(i =>
        {
            for (var round = 0; round < Rounds; round++)
                AtomicFile.Write(path, stream => stream.Write(Enumerable.Repeat((byte)i, 100_000).ToArray()));
        });
        var bytes = File.ReadAllBytes(path);
        Assert.Equal((100_000, 1), (bytes.Length, bytes.Distinct().Count()));
        Assert.Single(Directory.GetFiles(_root.FullName));
    }

    private void DecodeOneFile()
    {
        var pixels = Enumerable.Range(0, 61 * 47 * 3).Select(i => (byte)(i * 31 >> 3)).ToArray();
        var path = Path.Combine(_root.FullName, "picture.ppm");
        File.WriteAllBytes(path, [.. "P6 61 47 255\n"u8, .. pixels]);
        var decoder = new ImageDecoder();
        AllAlike(() => Convert.ToHexString(decoder.Decode(path).Pixels));
        Assert.Equal(pixels, decoder.Decode(path).Pixels);
    }

    private static string Losses(Engine engine)
    {
        using (engine)
        {
            var model = new Sequential(new Input((12, 12, 2)), new Conv2D(5, 3, activation: "relu"), new MaxPooling2D(), new Flatten(), new Dropout(0.25f), new Dense(3));
            return string.Join(' ', FourSteps.Of(engine, model, new Adam(1e-2f)).Losses.Select(BitConverter.SingleToInt32Bits));
        }
    }

    // The same from every thread at once as from one alone.
    private static void AllAlike(Func<string> act)
    {
        var alone = act();
        var all = new string[Threads];
        AtOnce(i => all[i] = act());
        Assert.All(all, one => Assert.Equal(alone, one));
    }

    // Threads of their own, which start together; the pool might run one after the other.
    private static void AtOnce(Action<int> act)
    {
        using var start = new Barrier(Threads);
        var problems = new Exception?[Threads];
        var threads = Enumerable.Range(0, Threads).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                act(i);
            }
            catch (Exception problem)
            {
                problems[i] = problem;
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.All(problems, Assert.Null);
    }

    private static Dictionary<string, string> Statements() =>
        s_assemblies.SelectMany(a => XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{a.GetName().Name}.xml")).Descendants("member"))
            .Where(m => m.Element("threadsafety") is not null).ToDictionary(m => m.Attribute("name")!.Value, m => m.Element("threadsafety")!.Value);

    // What the compiler makes has no documentation: marks of extension blocks and the like.
    private static bool IsWritten(Type type) => !type.Name.Contains('<', StringComparison.Ordinal) && !type.Name.Contains('$', StringComparison.Ordinal) && type.GetCustomAttribute<CompilerGeneratedAttribute>() is null;

    private static string DocumentedName(Type type) => $"T:{type.FullName!.Replace('+', '.')}";
}
