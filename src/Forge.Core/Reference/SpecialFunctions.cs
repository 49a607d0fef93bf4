namespace Forge.Core.Reference;

/// <summary>Functions of the reference that the base class library lacks, to within some ulp of fp64.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class SpecialFunctions
{
    /// <summary>The error function, 2/√π ∫₀ˣ e^(−t²) dt. Relative error below 1e-14.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        var a = Math.Abs(x);
        if (a > 6) return Math.Sign(x);
        return a < 2.5 ? Math.Sign(x) * Series(a) : Math.Sign(x) * (1 - Tail(a));
    }

    /// <summary>log(1 + x), accurate where x is small.</summary>
    public static double Log1P(double x)
    {
        var u = 1 + x;
        // Kahan: the rounding error of 1 + x is undone by the exact quotient x / (u − 1).
        return u == 1 ? x : double.IsPositiveInfinity(u) ? u : Math.Log(u) * (x / (u - 1));
    }

    /// <summary>eˣ − 1, accurate where x is small.</summary>
    public static double ExpM1(double x)
    {
        if (Math.Abs(x) > 0.5) return Math.Exp(x) - 1;
        double sum = x, term = x;
        for (var n = 2; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++) sum += term *= x / n;
        return sum;
    }

    // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms positive, so nothing cancels.
    private static double Series(double x)
    {
        double sum = x, term = x;
        for (var n = 1; term > 1e-17 * sum; n++) sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    // erfc x by its continued fraction e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3/2/(x + …)))), from the far end.
    private static double Tail(double x)
    {
        var fraction = x;
        for (var n = 80; n >= 1; n--) fraction = x + n / 2.0 / fraction;
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
