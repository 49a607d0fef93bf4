using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Models.Tests.Checkpoints;

public sealed class CheckpointTests
{
    private static Checkpoint Sample(float weight = 1) => new()
    {
        Weights = new Dictionary<string, HostTensor> { ["dense/kernel"] = HostTensor.From([weight, 2, 3, 4, 5, 6], (2, 3)), ["dense/bias"] = SafetensorsTests.Floats(7, 8, 9) },
        OptimizerSlots = new Dictionary<string, HostTensor> { ["m/dense/kernel"] = HostTensor.From([9f, 8, 7, 6, 5, 4], (2, 3)) },
        ModelConfig = """{"layers":["Dense"]}""",
        OptimizerConfig = """{"name":"adam"}""",
        VariantTable = "MatMul lane64\nRelu lanes128",
        InputShape = [28, 28, 1],
        ClassNames = ["T-shirt/top", "éléphant \"quoted\""],
        Step = 5_000_000_000,
        Epoch = 2,
        StepInEpoch = 17,
        Data = new(3, 4),
        Seeds = new Dictionary<string, ulong> { ["run"] = ulong.MaxValue },
        Values = new Dictionary<string, double> { ["best"] = 0.1 + 0.2, ["worst"] = double.NegativeInfinity, ["none"] = double.NaN },
        Notes = new Dictionary<string, string> { ["early stopping"] = "{\"wait\":2}" },
    };

    [Fact]
    public void SaveThenLoad_WholeState_ComesBackExactly()
    {
        using var folder = new TemporaryFolder();
        var (saved, path) = (Sample(), folder["runs", "one", "last.safetensors"]);
        saved.Save(path);
        var loaded = Checkpoint.Load(path);
        Assert.Equal(saved.Weights.Keys.Order(), loaded.Weights.Keys.Order());
        Assert.Equal([1f, 2, 3, 4, 5, 6], loaded.Weights["dense/kernel"].Span<float>().ToArray());
        Assert.Equal([9f, 8, 7, 6, 5, 4], loaded.OptimizerSlots["m/dense/kernel"].Span<float>().ToArray());
        Assert.Equal((saved.ModelConfig, saved.OptimizerConfig, saved.VariantTable), (loaded.ModelConfig, loaded.OptimizerConfig, loaded.VariantTable));
        Assert.Equal((saved.Step, saved.Epoch, saved.StepInEpoch, saved.Data), (loaded.Step, loaded.Epoch, loaded.StepInEpoch, loaded.Data));
        Assert.Equal(saved.InputShape, loaded.InputShape);
        Assert.Equal(saved.ClassNames, loaded.ClassNames);
        Assert.Equal(saved.Seeds, loaded.Seeds);
        Assert.Equal(saved.Notes, loaded.Notes);
        foreach (var (name, value) in saved.Values) Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(loaded.Values[name]));
        Assert.Equal([path], Directory.GetFiles(folder["runs", "one"]));
    }

    /// <summary>Fails after some bytes, as a full disk does.</summary>
    private sealed class FullDisk(Stream inner, long room, bool silent = false) : Stream
    {
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var fits = (int)Math.Min(buffer.Length, room);
            if (fits < buffer.Length && !silent) throw new IOException("No space left on device");
            inner.Write(buffer[..fits]);
            room -= fits;
        }

        public override void Flush() => inner.Flush();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    [Fact]
    public void Save_DiskFullAtAnyByte_KeepsTheOldCheckpointAndLeavesNoLitter()
    {
        using var folder = new TemporaryFolder();
        var path = folder["last.safetensors"];
        Sample(1).Save(path);
        var (before, size) = (File.ReadAllBytes(path), new FileInfo(path).Length);
        for (long room = 0; room < size; room += 13)
        {
            var left = room;
            var message = Assert.Throws<CheckpointException>(() => Sample(2).Save(path, stream => new FullDisk(stream, left))).Message;
            Assert.Contains("No space left on device", message);
            Assert.Contains("before is intact", message);
            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFiles(folder.Path));
        }
        Sample(2).Save(path, stream => new FullDisk(stream, size));
        Assert.Equal(2, Checkpoint.Load(path).Weights["dense/kernel"].Span<float>()[0]);
    }

    [Fact]
    public void Save_BytesThatAreSwallowed_KeepTheOldCheckpoint()
    {
        using var folder = new TemporaryFolder();
        var path = folder["last.safetensors"];
        Sample(1).Save(path);
        var (before, size) = (File.ReadAllBytes(path), new FileInfo(path).Length);
        foreach (var room in (long[])[0, 8, size / 2, size - 1])
        {
            var message = Assert.Throws<CheckpointException>(() => Sample(2).Save(path, stream => new FullDisk(stream, room, silent: true))).Message;
            Assert.Contains($"only {room} of {size} bytes arrived", message);
            Assert.Contains("before is intact", message);
            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFiles(folder.Path));
        }
    }

    [Fact]
    public void Save_IntoAFileAsFolder_IsACheckpointException()
    {
        using var folder = new TemporaryFolder();
        folder.Write([1], "blocked");
        Assert.Contains("could not be written", Assert.Throws<CheckpointException>(() => Sample().Save(folder["blocked", "last.safetensors"])).Message);
    }

    [Fact]
    public void Write_LeftoversOfAKilledProcess_AreRemovedOnceOld()
    {
        using var folder = new TemporaryFolder();
        var (old, young) = (folder.Write([1], ".last.safetensors.a.tmp"), folder.Write([1], ".last.safetensors.b.tmp"));
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-1));
        Sample().Save(folder["last.safetensors"]);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young)); // another process may be writing it
    }

    [Fact]
    public void Load_AnyFlippedByte_IsACheckpointException()
    {
        using var folder = new TemporaryFolder();
        var path = folder["last.safetensors"];
        Sample().Save(path);
        var good = File.ReadAllBytes(path);
        for (var at = 0; at < good.Length; at++)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 0x04;
            File.WriteAllBytes(path, bad);
            Assert.StartsWith(path, Assert.Throws<CheckpointException>(() => Checkpoint.Load(path)).Message);
        }
    }

    [Fact]
    public void Load_EmptyForeignOrMissing_SaysWhich()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("the file is empty", Message(folder.Write([], "empty")));
        Assert.Contains("not a safetensors file", Message(folder.Write("hello, this is no checkpoint"u8.ToArray(), "text")));
        using (var stream = File.Create(folder["foreign"])) Safetensors.Write(stream, new Dictionary<string, HostTensor> { ["w"] = SafetensorsTests.Floats(1) });
        Assert.Contains("not a checkpoint of Forge", Message(folder["foreign"]));
        Assert.Contains("no such checkpoint", Message(folder["missing"]));
        Assert.Contains("neither best.safetensors nor last.safetensors", Message(folder.Path));

        string Message(string path)
        {
            var message = Assert.Throws<CheckpointException>(() => Checkpoint.Load(path)).Message;
            Assert.StartsWith(path, message);
            return message;
        }
    }

    [Fact]
    public void Load_RunFolder_TakesItsBestElseItsLast()
    {
        using var folder = new TemporaryFolder();
        Sample(1).Save(folder["last.safetensors"]);
        Assert.Equal(1, Checkpoint.Load(folder.Path).Weights["dense/kernel"].Span<float>()[0]);
        Sample(2).Save(folder["best.safetensors"]);
        Assert.Equal(2, Checkpoint.Load(folder.Path).Weights["dense/kernel"].Span<float>()[0]);
        Assert.Equal(folder["last.safetensors"], Checkpoint.Find(folder.Path, CheckpointChoice.Last));
    }

    [Fact]
    public void Load_OfALaterVersion_SaysToUpdate()
    {
        using var folder = new TemporaryFolder();
        using (var stream = File.Create(folder["later"]))
            Safetensors.Write(stream, new Dictionary<string, HostTensor>(), new Dictionary<string, string> { ["forge.training"] = """{"version":99}""" });
        Assert.Contains("version 99", Assert.Throws<CheckpointException>(() => Checkpoint.Load(folder["later"])).Message);
    }

    [Fact]
    public void Require_AnotherModelClassesOrSize_ShowsBothSides()
    {
        var checkpoint = Sample();
        var expected = new Dictionary<string, TensorType> { ["dense/kernel"] = new(DType.F32, (2, 3)), ["dense/bias"] = new(DType.F32, new Shape(3)) };
        checkpoint.RequireWeights(expected, "c");
        checkpoint.RequireClasses(["T-shirt/top", "éléphant \"quoted\""], "c");
        checkpoint.RequireInput((28, 28, 1), "c");
        expected["dense/kernel"] = new(DType.F32, (2, 4));
        expected["extra"] = new(DType.F32, new Shape(1));
        expected.Remove("dense/bias");
        var message = Assert.Throws<CheckpointException>(() => checkpoint.RequireWeights(expected, "c")).Message;
        Assert.Contains("'dense/kernel' is f32 (2, 3), the model has f32 (2, 4)", message);
        Assert.Contains("'extra' f32 (1) is missing", message);
        Assert.Contains("'dense/bias' is not in the model", message);
        Assert.Contains("tells 2 classes apart (T-shirt/top", Assert.Throws<CheckpointException>(() => checkpoint.RequireClasses(["a", "b", "c"], "c")).Message);
        Assert.Contains("images of 28x28x1, the data have 32x32x3", Assert.Throws<CheckpointException>(() => checkpoint.RequireInput((32, 32, 3), "c")).Message);
        Assert.Contains("--size 28", Assert.Throws<CheckpointException>(() => checkpoint.RequireInput((32, 32, 1), "c")).Message);
    }
}
