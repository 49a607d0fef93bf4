using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Video;

/// <summary>Clips of an item of clothing that moves in one of eight directions over a textured background; the direction is the class.</summary>
/// <remarks>
/// The item, half its size, moves three pixels a frame (both ways where it moves aslant) and comes back in on the other side where it leaves. It starts
/// anywhere, so in every frame it is anywhere with equal chance: one frame says nothing of the direction. The background stands still. Everything
/// is drawn from (seed, pass, clip), so clips do not depend on threads, and passes show other clips.
/// </remarks>
/// <threadsafety>One thread at a time; examples are written on several others.</threadsafety>
public sealed class MovingItems : BatchSource
{
    /// <summary>The data set's name.</summary>
    public const string Name = "moving-items";

    /// <summary>Pixels a side when nothing else is said.</summary>
    public const int DefaultSide = 32;

    /// <summary>Clips of a pass to learn from.</summary>
    public const int TrainingClips = 16_000;

    /// <summary>Clips to be judged on, each of another item.</summary>
    public const int TestClips = 2_000;

    private const int Step = 3, Waves = 3;

    // Keeps these draws apart from others under the same seed ("move", "clas").
    private const uint ScenePurpose = 0x6d6f7665, ClassPurpose = 0x636c6173;

    private static readonly (string Name, int X, int Y)[] s_directions =
        [("right", 1, 0), ("down right", 1, 1), ("down", 0, 1), ("down left", -1, 1), ("left", -1, 0), ("up left", -1, -1), ("up", 0, -1), ("up right", 1, -1)];

    private readonly LabelledImages _items;
    private readonly int _item;
    private readonly bool _training;

    /// <summary>Makes clips.</summary>
    /// <param name="items">The items: grey pictures of even sides.</param>
    /// <param name="frames">Frames of a clip, at least 1.</param>
    /// <param name="side">Pixels a side of a clip, at least the item's.</param>
    /// <param name="training">Whether clips are drawn anew each pass, in a new order; otherwise each pass is the same, of items taken in turn.</param>
    /// <param name="options">Batch, seed and the rest.</param>
    /// <exception cref="DataException">The items do not fit.</exception>
    public MovingItems(LabelledImages items, int frames, int side, bool training, FlowOptions options)
        : base(new(), options with { Shuffle = training, Warp = WarpPlace.Nowhere })
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        if (items.Channels != 1 || items.Height != items.Width || items.Height % 2 != 0 || items.Height / 2 > side)
            throw new DataException($"Items of {items.Height}x{items.Width}x{items.Channels} cannot move over {side}x{side} pixels at half their size.");
        (_items, _item, _training, ImageShape) = (items, items.Height / 2, training, (frames, side, side, 1));
        Count = training ? TrainingClips : Math.Min(TestClips, items.Count);
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; } = [.. s_directions.Select(d => d.Name)];

    /// <inheritdoc/>
    public override Shape ImageShape { get; }

    private protected override int ClassOf(int index, int pass) => Draw(ClassPurpose, index, pass).NextBelow(s_directions.Length);

    private protected override void ReadPixels(int index, int pass, Span<byte> target)
    {
        var draw = Draw(ScenePurpose, index, pass);
        var (frames, side) = (ImageShape[0], ImageShape[1]);
        Span<byte> item = stackalloc byte[_item * _item], scene = new byte[side * side];
        Halve(_items.Image(_training ? draw.NextBelow(_items.Count) : index), item);
        Background(ref draw, scene, side);
        var (x, y) = (draw.NextBelow(side), draw.NextBelow(side));
        var direction = s_directions[ClassOf(index, pass)];
        for (var frame = 0; frame < frames; frame++)
        {
            var picture = target.Slice(frame * side * side, side * side);
            scene.CopyTo(picture);
            Put(item, picture, side, Wrapped(x + frame * Step * direction.X, side), Wrapped(y + frame * Step * direction.Y, side));
        }
    }

    private PhiloxSequence Draw(uint purpose, int index, int pass) => new(Options.Seed, purpose + (_training ? 0u : 1u), _training ? (uint)pass : 0, (uint)index);

    private static int Wrapped(int at, int side) => (at % side + side) % side;

    private void Halve(ReadOnlySpan<byte> picture, Span<byte> item)
    {
        for (var i = 0; i < _item; i++)
            for (var j = 0; j < _item; j++)
            {
                var at = 4 * i * _item + 2 * j;
                item[i * _item + j] = (byte)((picture[at] + picture[at + 1] + picture[at + 2 * _item] + picture[at + 2 * _item + 1] + 2) / 4);
            }
    }

    // Waves that meet themselves at the border, and grain.
    private static void Background(ref PhiloxSequence draw, Span<byte> scene, int side)
    {
        Span<float> light = new float[side * side], sine = new float[side];
        for (var i = 0; i < side; i++) sine[i] = MathF.Sin(2 * MathF.PI * i / side);
        for (var wave = 0; wave < Waves; wave++)
        {
            var (across, down, phase) = (draw.NextBelow(7) - 3, draw.NextBelow(7) - 3, draw.NextBelow(side));
            for (var i = 0; i < side; i++)
                for (var j = 0; j < side; j++) light[i * side + j] += sine[Wrapped(across * j + down * i + phase, side)];
        }
        for (var at = 0; at < scene.Length;)
            for (var (k, word) = (0, draw.NextWord()); k < 4 && at < scene.Length; k++, at++, word >>= 8)
                scene[at] = (byte)Math.Clamp(80 + 18 * light[at] + ((word & 0xff) - 127.5f) * (20 / 127.5f), 0, 255);
    }

    // Dark parts of the item are see-through.
    private void Put(ReadOnlySpan<byte> item, Span<byte> picture, int side, int x, int y)
    {
        for (var i = 0; i < _item; i++)
            for (var j = 0; j < _item; j++)
            {
                var (own, at) = (item[i * _item + j], (y + i) % side * side + (x + j) % side);
                picture[at] = (byte)(picture[at] + (own - picture[at]) * Math.Min(64, (int)own) / 64);
            }
    }
}
