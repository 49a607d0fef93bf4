namespace Forge.Models.Datasets;

/// <summary>A pull mapping: for an output pixel (row r, column q), where in the input its colour is read.</summary>
/// <remarks>
/// inRow = RowRow * r + RowColumn * q + RowOffset; inColumn = ColumnRow * r + ColumnColumn * q + ColumnOffset, in pixels, with pixel
/// centres at whole numbers. Row-major as six floats (2, 3) this is what the device's warp takes; flips are folded in.
/// </remarks>
/// <param name="RowRow">How inRow grows with the output row.</param>
/// <param name="RowColumn">How inRow grows with the output column.</param>
/// <param name="RowOffset">inRow of the output's first pixel.</param>
/// <param name="ColumnRow">How inColumn grows with the output row.</param>
/// <param name="ColumnColumn">How inColumn grows with the output column.</param>
/// <param name="ColumnOffset">inColumn of the output's first pixel.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct AffineMatrix(
    double RowRow, double RowColumn, double RowOffset, double ColumnRow, double ColumnColumn, double ColumnOffset)
{
    /// <summary>Every pixel from its own place.</summary>
    public static AffineMatrix Identity { get; } = new(1, 0, 0, 0, 1, 0);

    /// <summary>Writes the six numbers, row-major (2, 3), rounded to float.</summary>
    public void CopyTo(Span<float> target) =>
        (target[0], target[1], target[2], target[3], target[4], target[5]) =
        ((float)RowRow, (float)RowColumn, (float)RowOffset, (float)ColumnRow, (float)ColumnColumn, (float)ColumnOffset);

    /// <summary>The same mapping for the output mirrored left to right.</summary>
    /// <param name="width">Columns of the output.</param>
    public AffineMatrix FlippedHorizontally(int width) => this with
    {
        RowColumn = -RowColumn,
        RowOffset = RowOffset + RowColumn * (width - 1),
        ColumnColumn = -ColumnColumn,
        ColumnOffset = ColumnOffset + ColumnColumn * (width - 1),
    };

    /// <summary>The same mapping for the output mirrored top to bottom.</summary>
    /// <param name="height">Rows of the output.</param>
    public AffineMatrix FlippedVertically(int height) => this with
    {
        RowRow = -RowRow,
        RowOffset = RowOffset + RowRow * (height - 1),
        ColumnRow = -ColumnRow,
        ColumnOffset = ColumnOffset + ColumnRow * (height - 1),
    };
}
