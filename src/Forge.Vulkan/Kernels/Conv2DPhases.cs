namespace Forge.Vulkan.Kernels;

/// <summary>
/// Passes of an input gradient (<see cref="Conv2DPass"/>) that differ only in where they start, so that one dispatch runs all of them: such as 4x4 at stride 2,
/// whose four phases meet 2x2 taps each. What each differs by grows evenly with its row and column of phases.
/// </summary>
/// <param name="Rows">Rows of phases.</param>
/// <param name="Columns">Phases of a row.</param>
/// <param name="Top">What <see cref="Conv2DPass.Top"/> grows by from row to row.</param>
/// <param name="Left">What <see cref="Conv2DPass.Left"/> grows by from column to column.</param>
/// <param name="LastRow">What the last tap that counts grows by from row to row.</param>
/// <param name="LastColumn">The same from column to column.</param>
/// <param name="RowPlace">Elements from where a row of phases is stored to where the next is.</param>
/// <param name="ColumnPlace">The same from column to column.</param>
internal readonly record struct Conv2DPhases(int Rows, int Columns, int Top, int Left, int LastRow, int LastColumn, int RowPlace, int ColumnPlace)
{
    private const int LastTap = 1; // where Conv2DPass.Taps has it

    /// <summary>How many there are.</summary>
    public uint Count => (uint)(Rows * Columns);

    /// <summary>How the passes differ; null where one dispatch cannot run them.</summary>
    /// <param name="passes">All of an input gradient's, row by row.</param>
    public static Conv2DPhases? Of(IReadOnlyList<Conv2DPass> passes)
    {
        if (passes.Count < 2 || passes[0].Steps is not null) return null;
        var first = passes[0];
        var columns = passes.TakeWhile(p => p.First.Row == first.First.Row).Count();
        if (passes.Count % columns != 0) return null;
        var (right, below) = (columns > 1 ? passes[1] : first, passes.Count > columns ? passes[columns] : first);
        var phases = new Conv2DPhases(passes.Count / columns, columns, below.Top - first.Top, right.Left - first.Left,
            Last(below) - Last(first), Last(right) - Last(first), Place(below) - Place(first), Place(right) - Place(first));
        return passes.Select((p, i) => phases.Has(first, p, i / columns, i % columns)).All(has => has) ? phases : null;
    }

    private bool Has(Conv2DPass first, Conv2DPass pass, int row, int column) =>
        pass.X == first.X && pass.Y == first.Y && pass.Window == first.Window && pass.Dilation == first.Dilation
        && pass.Top == first.Top + row * Top && pass.Left == first.Left + column * Left && Place(pass) == Place(first) + row * RowPlace + column * ColumnPlace
        && Last(pass) == Last(first) + row * LastRow + column * LastColumn
        && pass.Places.Skip(1).SequenceEqual(first.Places.Skip(1)) && pass.Taps.Where((_, i) => i != LastTap).SequenceEqual(first.Taps.Where((_, i) => i != LastTap));

    private static int Last(Conv2DPass pass) => (int)pass.Taps[LastTap];

    private static int Place(Conv2DPass pass) => (int)pass.Places[0];
}
