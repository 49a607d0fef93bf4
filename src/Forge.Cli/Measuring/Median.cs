namespace Forge.Cli.Measuring;

/// <summary>The middle of some numbers.</summary>
internal static class Median
{
    /// <summary>The median; the mean of the middle two of an even count; NaN of none.</summary>
    public static double Of(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
