using SkiaSharp;

namespace Forge.Models.Reports;

/// <summary>Finds room for labels of dots, where nothing else is: dots, lines and labels already there.</summary>
/// <param name="area">Where labels may be, in pixels.</param>
internal sealed class LabelPlaces(SKRect area)
{
    private const float Between = 3, Farthest = 130, LineStep = 6;
    private readonly List<SKRect> _taken = [];
    private readonly List<(SKPoint At, float Radius)> _dots = [];

    /// <summary>Where labels may be.</summary>
    public SKRect Area => area;

    /// <summary>Keeps labels off some rectangles.</summary>
    public void Block(IEnumerable<SKRect> boxes) => _taken.AddRange(boxes);

    /// <summary>Keeps labels off a dot.</summary>
    public void Block(SKPoint at, float radius) => _dots.Add((at, radius));

    /// <summary>Keeps labels off a line.</summary>
    public void Block(SKPoint from, SKPoint to)
    {
        var steps = Math.Max(1, (int)(SKPoint.Distance(from, to) / LineStep));
        for (var i = 0; i <= steps; i++)
        {
            var at = new SKPoint(from.X + (to.X - from.X) * i / steps, from.Y + (to.Y - from.Y) * i / steps);
            _taken.Add(new(at.X - LineStep / 2, at.Y - LineStep / 2, at.X + LineStep / 2, at.Y + LineStep / 2));
        }
    }

    /// <summary>Whether nothing is where these boxes are.</summary>
    public bool AreFree(IReadOnlyList<SKRect> boxes) =>
        !boxes.Any(box => !area.Contains(box) || _taken.Exists(t => t.IntersectsWith(box)) || _dots.Exists(d => Meets(box, d.At, d.Radius)));

    /// <summary>Whether a label inside the dot at <paramref name="own"/> meets no other dot and no other label.</summary>
    public bool IsFreeOfOtherDots(SKRect box, SKPoint own) =>
        !_taken.Exists(t => t.IntersectsWith(box)) && !_dots.Exists(d => d.At != own && Meets(box, d.At, d.Radius)) && _dots.Count(d => d.At == own) == 1;

    /// <summary>The nearest free place around a dot, which is then taken; null where there is none.</summary>
    /// <param name="at">The dot.</param>
    /// <param name="radius">Its radius.</param>
    /// <param name="width">Of the label.</param>
    /// <param name="height">Of the label.</param>
    public SKRect? Find(SKPoint at, float radius, float width, float height)
    {
        for (var distance = radius + Between; distance < radius + Farthest; distance += 5)
            for (var turn = 0; turn < 24; turn++)
            {
                // To the right first, then up and down in turns.
                var angle = (turn % 2 == 0 ? -1 : 1) * ((turn + 1) / 2) * MathF.PI / 12;
                var (x, y) = (at.X + MathF.Cos(angle) * (distance + width / 2), at.Y + MathF.Sin(angle) * (distance + height / 2));
                var box = new SKRect(x - width / 2, y - height / 2, x + width / 2, y + height / 2);
                if (!area.Contains(box) || _taken.Exists(t => t.IntersectsWith(box)) || _dots.Exists(d => Meets(box, d.At, d.Radius + 1))) continue;
                _taken.Add(box);
                return box;
            }
        return null;
    }

    private static bool Meets(SKRect box, SKPoint centre, float radius)
    {
        var (x, y) = (Math.Clamp(centre.X, box.Left, box.Right) - centre.X, Math.Clamp(centre.Y, box.Top, box.Bottom) - centre.Y);
        return x * x + y * y < radius * radius;
    }
}
