using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

public sealed class ProgressLineTests
{
    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void Pass(double milliseconds) => _ticks += (long)(milliseconds * TimeSpan.TicksPerMillisecond);
    }

    private static readonly KeyValuePair<string, double>[] Metrics = [new("loss", 0.12344), new("accuracy", 0.95)];

    private static string Run(ProgressStyle style, double stepMilliseconds, bool unicode = true, int columns = 0)
    {
        var (clock, writer) = (new Clock(), new StringWriter { NewLine = "\n" });
        var line = new ProgressLine(writer, style, clock, unicode, columns);
        line.Begin(2, 3, steps: 10);
        clock.Pass(5000); // the first step builds the plan
        for (var step = 1; step <= 10; step++)
        {
            line.Step(step, Metrics);
            if (step < 10) clock.Pass(stepMilliseconds);
        }
        line.End([.. Metrics, new("val_loss", 0.0000123)]);
        return writer.ToString();
    }

    [Fact]
    public void Terminal_Epoch_RewritesOneLineAndEndsIt()
    {
        var lines = Run(ProgressStyle.Terminal, 200).Split("\r\e[K");
        Assert.Equal("Epoch 2/3\n", lines[0]);
        Assert.Equal(11, lines.Length); // nine steps shown on the way, then the end
        Assert.Equal(" 5/10 ━━━━━━━━━━────────── 1s left 200ms/step - loss: 0.1234 - accuracy: 0.9500", lines[5]);
        Assert.Equal("10/10 ━━━━━━━━━━━━━━━━━━━━ 7s 200ms/step - loss: 0.1234 - accuracy: 0.9500 - val_loss: 1.2300e-05\n", lines[10]);
    }

    [Fact]
    public void Terminal_QuickSteps_AreShownTenTimesASecondAtMost() =>
        Assert.Equal(5, Run(ProgressStyle.Terminal, 30).Split("\r\e[K").Length); // the title, steps 1, 5 and 9, the end

    [Fact]
    public void Terminal_NarrowWindow_CutsLinesThatWouldWrap()
    {
        var lines = Run(ProgressStyle.Terminal, 200, columns: 40).Split("\r\e[K");
        Assert.All(lines[1..^1], line => Assert.Equal(39, line.Length));
        Assert.EndsWith("val_loss: 1.2300e-05\n", lines[^1]); // the final line stays whole
    }

    [Fact]
    public void Plain_ShortEpoch_PrintsOnlyItsEnd() =>
        Assert.Equal("Epoch 2/3\n10/10 ==================== 7s 200ms/step - loss: 0.1234 - accuracy: 0.9500 - val_loss: 1.2300e-05\n",
            Run(ProgressStyle.Plain, 200, unicode: false));

    [Fact]
    public void Plain_LongEpoch_PrintsALineEveryHalfMinute()
    {
        var lines = Run(ProgressStyle.Plain, 10_000).Split('\n');
        Assert.Equal(["Epoch 2/3", " 4/10", " 7/10", "10/10", ""], lines.Select(l => l.Split('━')[0].TrimEnd()));
        Assert.Contains("1:00 left 10.0s/step", lines[1]);
    }

    [Fact]
    public void Silent_Epoch_PrintsNothing() => Assert.Equal("", Run(ProgressStyle.Silent, 200));

    [Fact]
    public void Begin_InTheMiddleOfAnEpoch_CountsTimeFromThere()
    {
        var (clock, writer) = (new Clock(), new StringWriter());
        var line = new ProgressLine(writer, ProgressStyle.Terminal, clock);
        line.Begin(1, 1, steps: 100, done: 50);
        clock.Pass(9000);
        line.Step(51, []);
        clock.Pass(1000);
        line.Step(52, []);
        Assert.EndsWith("48s left 1.0s/step", writer.ToString());
    }

    [Fact]
    public void Break_InMidLine_StartsANewOneOnce()
    {
        var (clock, writer) = (new Clock(), new StringWriter { NewLine = "\n" });
        var line = new ProgressLine(writer, ProgressStyle.Terminal, clock);
        line.Begin(1, 1, 5);
        clock.Pass(1000);
        line.Step(1, []);
        line.Break();
        line.Break();
        Assert.EndsWith("1.0s/step\n", writer.ToString());
    }

    [Theory]
    [InlineData(0.5, "0.5000")]
    [InlineData(0, "0.0000")]
    [InlineData(-12.34567, "-12.3457")]
    [InlineData(0.0005, "5.0000e-04")]
    [InlineData(double.NaN, "nan")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void Number_AnyValue_ReadsAsInKeras(double value, string expected) => Assert.Equal(expected, ProgressLine.Number(value));

    [Theory]
    [InlineData(0.2, "0s")]
    [InlineData(59.4, "59s")]
    [InlineData(187, "3:07")]
    [InlineData(3723, "1:02:03")]
    public void Duration_Seconds_UsesWholeUnits(double seconds, string expected) => Assert.Equal(expected, ProgressLine.Duration(TimeSpan.FromSeconds(seconds)));
}
