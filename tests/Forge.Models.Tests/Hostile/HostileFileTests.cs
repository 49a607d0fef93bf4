using System.Buffers.Binary;
using System.Text;
using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Gan;
using Forge.Models.Reports;
using Forge.Models.Training;

namespace Forge.Models.Tests.Hostile;

/// <summary>The smallest of the files that were answered wrongly once.</summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("classes", "[null]"), InlineData("classes", "[\"a\",null]"), InlineData("notes", "{\"a\":null}"), InlineData("notes", "{\"a\":1}")]
    [InlineData("step", "-1"), InlineData("epoch", "-1"), InlineData("step_in_epoch", "-1"), InlineData("data_pass", "-1"), InlineData("data_pass", "2147483647"), InlineData("data_batch", "-2147483648")]
    [InlineData("step", "9223372036854775807"), InlineData("input_shape", "[-1]"), InlineData("input_shape", "[0]"), InlineData("input_shape", "[65535,65535,3]"), InlineData("input_shape", "[1,1,1,1,1,1,1,1,1]")]
    public void TrainingState_ThatNoRunCanHave_IsRefused(string member, string value)
    {
        var members = new Dictionary<string, string>
        {
            ["version"] = "1",
            ["step"] = "1",
            ["epoch"] = "1",
            ["step_in_epoch"] = "0",
            ["data_pass"] = "0",
            ["data_batch"] = "0",
            ["input_shape"] = "[1]",
            ["classes"] = "[]",
            ["seeds"] = "{}",
            ["values"] = "{}",
            ["notes"] = "{}",
        };
        string State() => "{" + string.Join(',', members.Select(m => $"\"{m.Key}\":{m.Value}")) + "}";
        var with = new Checkpoint { Weights = new Dictionary<string, HostTensor>() };
        Assert.Equal(1, TrainingState.FromJson(State(), "x.safetensors", with).Step);
        members[member] = value;
        Assert.Contains("x.safetensors: the training state", Assert.Throws<CheckpointException>(() => TrainingState.FromJson(State(), "x.safetensors", with)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\u001b[2J"), InlineData("\\u009b2J"), InlineData("\\u202e"), InlineData("\\r")]
    public void NameThatATerminalObeys_IsShownAsNumbers(string name)
    {
        var message = MessageOf($"{{\"{name}\":{{}}}}");
        Assert.Contains("\\u", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.DoesNotContain('\u202e', message);
    }

    [Fact]
    public void NameOfAMillionLetters_IsCutInTheMessage() => Assert.InRange(MessageOf($"{{\"{new string('x', 1_000_000)}\":{{}}}}").Length, 100, 500);

    // Padded to words it would be one byte longer than any array.
    [Fact]
    public void TensorAsLongAsAnArrayCanBe_IsRefused() =>
        Assert.Contains("bytes a tensor", Assert.Throws<CheckpointException>(() => SafetensorsHeader.Parse(Encoding.UTF8.GetBytes($"{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{Array.MaxLength}],\"data_offsets\":[0,{Array.MaxLength}]}}}}"), Array.MaxLength, "x")).Message, StringComparison.Ordinal);

    [Fact]
    public void LogWithHalfOfASurrogatePair_IsDamaged()
    {
        var path = _folder.Write("{\"\\udc00\":0}\n{\"epoch\":1}\n"u8.ToArray(), "log.jsonl");
        Assert.Contains("line 1 is damaged", Assert.Throws<DataException>(() => EpochHistory.Read(path)).Message, StringComparison.Ordinal);
        new JsonLog(path, resumeAfter: 1).Dispose();
        Assert.Equal("{\"epoch\":1}", File.ReadAllLines(path)[^1]);
    }

    [Theory]
    [InlineData("null"), InlineData("\"2\""), InlineData("{}"), InlineData("1e99")]
    public void LogLineWhoseEpochIsNoNumber_DoesNotStopAResume(string epoch)
    {
        var path = _folder.Write(Encoding.UTF8.GetBytes($"{{\"epoch\":{epoch}}}\n{{\"epoch\":1}}\n{{\"epoch\":2}}\n"), "log.jsonl");
        using (var log = new JsonLog(path, resumeAfter: 1)) log.AppendEpoch(2, [new("loss", 0.5)]);
        Assert.Equal(["{\"event\":\"epoch\",\"epoch\":2,\"loss\":0.5}"], File.ReadAllLines(path)[2..]);
    }

    [Fact]
    public void LogLineWithAMemberTwice_IsNamed() =>
        Assert.Contains("line 1 is damaged", Assert.Throws<DataException>(() => EpochHistory.Read(_folder.Write("{\"loss\":1,\"loss\":2}\n"u8.ToArray(), "log.jsonl"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Width", int.MaxValue), InlineData("Width", 1 << 30), InlineData("Latent", int.MaxValue), InlineData("Classes", int.MaxValue)]
    public void GanPastAnyModel_IsNone(string member, int value)
    {
        var text = new DcGanConfig(28, 1, 3, "nonsaturating", 8, 10).ToJson();
        Assert.NotNull(DcGanConfig.FromJson(text));
        Assert.Null(DcGanConfig.FromJson(System.Text.RegularExpressions.Regex.Replace(text, $"(?<=\"{member}\":)\\d+", $"{value}")));
        Assert.Null(DcGanConfig.FromJson(text.Replace("\"nonsaturating\"", "null")));
    }

    [Fact]
    public void GanThatNamesOtherClassesThanItHas_IsRefused()
    {
        using var engine = Engines.Reference();
        var saved = new Checkpoint { Weights = new Dictionary<string, HostTensor>(), ModelConfig = new DcGanConfig(28, 1, 2, "nonsaturating", 1, 2).ToJson(), ClassNames = ["a", "b", "c"] };
        Assert.Contains("names 3 classes", Assert.Throws<CheckpointException>(() => SavedGan.Load(engine, saved, "x.safetensors")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lstm", 65542), InlineData("gru", 715827883), InlineData("simple", int.MaxValue)]
    public void ClassifierThatCannotBe_IsRefusedAsACheckpoint(string cell, int units)
    {
        using var engine = Engines.Reference();
        var saved = new Checkpoint { Weights = new Dictionary<string, HostTensor>(), ModelConfig = new Models.Rnn.RnnDesign(cell, units).ModelConfig, InputShape = [5, 4, 1], ClassNames = ["a", "b"] };
        Assert.Contains("x.safetensors: ", Assert.Throws<CheckpointException>(() => Models.Cnn.SavedClassifier.Load(engine, saved, "x.safetensors")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../other"), InlineData(".."), InlineData("."), InlineData("/tmp"), InlineData("a/b")]
    public void ClassThatIsAPath_IsRefused(string name)
    {
        foreach (var own in (string[])["data", "other"]) _folder.Write("P5 1 1 255\na"u8.ToArray(), own, "a", "1.pgm");
        Assert.Contains("no name of a class's folder", Assert.Throws<DataException>(() => ImageFolder.Scan(_folder["data"], ["a", name])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LinkOutOfARunFolder_OrOfAnIdxFolder_IsRefused()
    {
        _folder.Write([0, 0, 8, 1, 0, 0, 0, 1, 7], "elsewhere");
        Directory.CreateDirectory(_folder["own"]);
        foreach (var name in (string[])["best.safetensors", "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "samples"]) File.CreateSymbolicLink(_folder["own", name], _folder["elsewhere"]);
        foreach (var act in (Action[])[() => Checkpoint.Find(_folder["own"]), () => IdxDataSet.Fashion.Load(_folder["own"])])
            Assert.Contains($"it leads to {_folder["elsewhere"]}, outside", Assert.ThrowsAny<DataException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnimationOfMorePixelsThanAllowed_IsRefused()
    {
        GifFile.Save(_folder["a.gif"], [.. Enumerable.Range(0, 5).Select(i => (Func<PixelImage>)(() => new(4, 4, 1, [.. Enumerable.Repeat((byte)(40 * i), 16)])))]);
        Assert.Equal(2, new ImageDecoder { AnimationPixelLimit = 80 }.DecodeFrames(_folder["a.gif"], ColourMode.Grey, _ => [0, 1]).Count());
        Assert.Contains("over the limit of 79 pixels", Assert.Throws<BadImageException>(() => new ImageDecoder { AnimationPixelLimit = 79 }.DecodeFrames(_folder["a.gif"], ColourMode.Grey, _ => [0, 1]).Count()).Message, StringComparison.Ordinal);
    }

    // Each would be parsed, with an exception of its own: a file of 64 MiB would take hours.
    [Fact]
    public void LogOfDamagedLinesAlone_IsNoLog() =>
        Assert.Contains("more than 1000 lines", Assert.Throws<DataException>(() => new JsonLog(_folder.Write([.. Enumerable.Repeat((byte)'\n', 100_000)], "log.jsonl"), resumeAfter: 1)).Message, StringComparison.Ordinal);

    // A log that leads elsewhere would be written there, and its target shortened.
    [Fact]
    public void LogThatIsALink_IsRefused()
    {
        _folder.Write("mine"u8.ToArray(), "mine");
        File.CreateSymbolicLink(_folder["log.jsonl"], _folder["mine"]);
        foreach (var resumeAfter in (int?[])[null, 1]) Assert.Contains("is a link", Assert.Throws<DataException>(() => new JsonLog(_folder["log.jsonl"], resumeAfter)).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder["mine"]));
    }

    private static string MessageOf(string header)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, Encoding.UTF8.GetByteCount(header));
        return Assert.Throws<CheckpointException>(() => Safetensors.Read(new MemoryStream([.. length, .. Encoding.UTF8.GetBytes(header)]), "x.safetensors")).Message;
    }
}
