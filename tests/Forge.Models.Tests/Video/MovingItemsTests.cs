using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Video;

namespace Forge.Models.Tests.Video;

public sealed class MovingItemsTests
{
    private const int Side = 32, Frames = 4;

    // White squares: where the item is can be read off the picture.
    private static LabelledImages Squares { get; } = new([.. Enumerable.Repeat((byte)255, 5 * 28 * 28)], 5, 28, 28, 1, [0, 1, 0, 1, 0], ["a", "b"]);

    private static MovingItems Clips(bool training, ulong seed = 7, int workers = 1) => new(Squares, Frames, Side, training, new() { BatchSize = 64, Seed = seed, Workers = workers });

    private static byte[] Bytes(Batch batch) => batch.Images.Span<byte>().ToArray();

    // The corner of the white square in a frame: the one place from which all of it is white, wrapped.
    private static (int X, int Y) Corner(ReadOnlySpan<byte> frame)
    {
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                var white = true;
                for (var i = 0; i < 14 && white; i++)
                    for (var j = 0; j < 14 && white; j++) white = frame[(y + i) % Side * Side + (x + j) % Side] == 255;
                if (white) return (x, y);
            }
        throw new InvalidOperationException("No square in the frame.");
    }

    [Fact]
    public void Items_MoveThreePixelsAFrame_InTheDirectionOfTheirClass_RoundTheBorder()
    {
        using var clips = Clips(training: true);
        var batch = clips.NextBatch();
        var (pixels, wrapped) = (Bytes(batch), 0);
        for (var i = 0; i < batch.Count; i++)
        {
            var name = clips.ClassNames[batch.Classes[i]];
            var (dx, dy) = (name.Contains("right", StringComparison.Ordinal) ? 3 : name.Contains("left", StringComparison.Ordinal) ? -3 : 0, name.StartsWith("down", StringComparison.Ordinal) ? 3 : name.StartsWith("up", StringComparison.Ordinal) ? -3 : 0);
            Assert.NotEqual((0, 0), (dx, dy));
            var first = Corner(pixels.AsSpan(i * Frames * Side * Side, Side * Side));
            for (var frame = 1; frame < Frames; frame++)
            {
                var at = Corner(pixels.AsSpan((i * Frames + frame) * Side * Side, Side * Side));
                Assert.Equal(((first.X + frame * dx + Side * 4) % Side, (first.Y + frame * dy + Side * 4) % Side), at);
                if (at != (first.X + frame * dx, first.Y + frame * dy)) wrapped++;
            }
        }
        Assert.True(wrapped > 0);
        Assert.Equal(8, batch.Classes.Distinct().Count());
    }

    [Fact]
    public void Clips_DependOnSeedPassAndPlace_NotOnThreads()
    {
        using var one = Clips(training: true);
        using var many = Clips(training: true, workers: 4);
        using var other = Clips(training: true, seed: 8);
        var first = Bytes(one.NextBatch());
        Assert.Equal(first, Bytes(many.NextBatch()));
        Assert.NotEqual(first, Bytes(other.NextBatch()));
        one.Position = default;
        Assert.Equal(first, Bytes(one.NextBatch()));
        one.Position = new(1, 0);
        Assert.NotEqual(first, Bytes(one.NextBatch()));
    }

    [Fact]
    public void TestClips_AreTheSameInEachPass_AndOthersThanThoseToLearnFrom()
    {
        using var test = Clips(training: false);
        using var training = Clips(training: true);
        var first = test.NextBatch();
        Assert.Equal((5, 5), (test.Count, first.Count));
        var again = test.NextBatch();
        Assert.Equal((1, 0), (again.Position.Pass, again.Position.Batch));
        Assert.Equal(Bytes(first), Bytes(again));
        Assert.Equal(first.Classes, again.Classes);
        Assert.False(Bytes(training.NextBatch()).AsSpan().StartsWith(Bytes(first).AsSpan(0, Frames * Side * Side)));
    }

    [Fact]
    public void Backgrounds_StandStill_AndDifferFromClipToClip()
    {
        using var clips = Clips(training: true);
        var pixels = Bytes(clips.NextBatch());
        const int clip = Frames * Side * Side;
        // Where neither the first nor the second frame is white, both show the background.
        var (still, differ) = (0, 0);
        for (var at = 0; at < Side * Side; at++)
        {
            if (pixels[at] == 255 || pixels[at + Side * Side] == 255) continue;
            Assert.Equal(pixels[at], pixels[at + Side * Side]);
            still++;
            if (pixels[at] != pixels[clip + at]) differ++;
        }
        Assert.True(still > 500 && differ > still / 2, $"{still} still, {differ} differ");
    }

    [Fact]
    public void OneFrame_RepeatsTheMiddle_AndShuffled_KeepsTheFrames()
    {
        const int frame = Side * Side;
        using var plain = Clips(training: false);
        var (wanted, moved) = (Bytes(plain.NextBatch()), 0);
        using var source = Clips(training: false);
        var one = Bytes(new RearrangedFrames(source, FrameOrder.OneFrame, 1).NextBatch());
        source.Position = default;
        var shuffled = new RearrangedFrames(source, FrameOrder.Shuffled, 1).NextBatch();
        for (var clip = 0; clip < 5; clip++)
        {
            var frames = Enumerable.Range(0, Frames).Select(i => Convert.ToHexString(wanted.AsSpan((clip * Frames + i) * frame, frame))).ToList();
            var found = Enumerable.Range(0, Frames).Select(i => Convert.ToHexString(Bytes(shuffled).AsSpan((clip * Frames + i) * frame, frame))).ToList();
            for (var i = 0; i < Frames; i++) Assert.Equal(frames[Frames / 2], Convert.ToHexString(one.AsSpan((clip * Frames + i) * frame, frame)));
            Assert.Equal(frames.Order(), found.Order());
            if (!frames.SequenceEqual(found)) moved++;
        }
        Assert.True(moved > 0);
        Assert.Equal(5, shuffled.Classes.Count);
    }

    [Fact]
    public void ItemsThatDoNotFit_AreRefused() =>
        Assert.Contains("13", Assert.Throws<DataException>(() => new MovingItems(new(new byte[13 * 13], 1, 13, 13, 1, [0], ["a"]), 4, 32, true, new())).Message);
}
