using System.Text.Json;
using Forge.Core;
using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

public sealed class LogTests
{
    private static Dictionary<string, double> Values(double loss) => new() { ["loss"] = loss, ["other"] = 1 };

    private static void WriteCsv(string path, int? resumeAfter, params int[] epochs)
    {
        using var log = new CsvLog(path, ["loss", "val_loss"], resumeAfter);
        foreach (var epoch in epochs) log.Append(epoch, Values(epoch + 0.5));
    }

    [Fact]
    public void Csv_NewFile_HasAHeaderAndALineAnEpoch()
    {
        using var folder = new TemporaryFolder();
        WriteCsv(folder["runs", "log.csv"], null, 1, 2);
        Assert.Equal("epoch,loss,val_loss\n1,1.5,\n2,2.5,\n", File.ReadAllText(folder["runs", "log.csv"]));
    }

    [Fact]
    public void Csv_ResumedAfterAnEpoch_DropsLaterLinesAndAHalfWrittenOne()
    {
        using var folder = new TemporaryFolder();
        var path = folder["log.csv"];
        WriteCsv(path, null, 1, 2, 3);
        File.AppendAllText(path, "4,4."); // killed in mid-line
        WriteCsv(path, 2, 3);
        Assert.Equal("epoch,loss,val_loss\n1,1.5,\n2,2.5,\n3,3.5,\n", File.ReadAllText(path));
    }

    [Fact]
    public void Csv_ResumedWithOtherColumns_StartsAfresh()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("epoch,accuracy\n1,0.5\n"u8.ToArray(), "log.csv");
        WriteCsv(path, 1, 2);
        Assert.Equal("epoch,loss,val_loss\n2,2.5,\n", File.ReadAllText(path));
    }

    [Fact]
    public void Csv_Lines_AreThereBeforeTheLogIsClosed()
    {
        using var folder = new TemporaryFolder();
        using var log = new CsvLog(folder["log.csv"], ["loss"]);
        log.Append(1, Values(double.NaN));
        using var reader = new StreamReader(new FileStream(folder["log.csv"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal("epoch,loss\n1,NaN\n", reader.ReadToEnd());
    }

    [Fact]
    public void Json_Lines_ParseAndKeepWordsReadable()
    {
        using var folder = new TemporaryFolder();
        using (var log = new JsonLog(folder["log.jsonl"]))
        {
            log.Append("device", json => json.WriteString("name", "éléphant\n\"llvmpipe\""));
            log.AppendEpoch(1, [new("loss", 0.25), new("val_loss", double.NaN)]);
        }
        var lines = File.ReadAllLines(folder["log.jsonl"]);
        Assert.Equal(2, lines.Length);
        Assert.Contains("éléphant", lines[0]);
        Assert.Equal("""{"event":"epoch","epoch":1,"loss":0.25,"val_loss":"NaN"}""", lines[1]);
        using var document = JsonDocument.Parse(lines[0]);
        Assert.Equal("éléphant\n\"llvmpipe\"", document.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void Json_ResumedAfterAnEpoch_DropsLaterAndDamagedLines()
    {
        using var folder = new TemporaryFolder();
        var path = folder["log.jsonl"];
        using (var log = new JsonLog(path))
        {
            log.Append("device", _ => { });
            for (var epoch = 1; epoch <= 3; epoch++) log.AppendEpoch(epoch, [new("loss", epoch)]);
        }
        File.AppendAllText(path, "{\"event\":\"ep");
        using (var log = new JsonLog(path, resumeAfter: 1)) log.AppendEpoch(2, [new("loss", 9)]);
        Assert.Equal(["""{"event":"device"}""", """{"event":"epoch","epoch":1,"loss":1}""", """{"event":"epoch","epoch":2,"loss":9}"""], File.ReadAllLines(path));
    }

    [Fact]
    public void Logs_WhereNoFileCanBe_AreADataException()
    {
        using var folder = new TemporaryFolder();
        folder.Write([1], "blocked");
        var path = folder["blocked", "log"];
        Assert.StartsWith(path, Assert.Throws<DataException>(() => new CsvLog(path, ["loss"])).Message);
        Assert.StartsWith(path, Assert.Throws<DataException>(() => new JsonLog(path)).Message);
    }
}
