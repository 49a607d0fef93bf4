using Forge.Core;

namespace Forge.Models.Optimizers;

/// <summary>A learning rate as a function of how many updates were done before: a pure function, so that resuming needs no state.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record Schedule
{
    /// <summary>The rate of the next update.</summary>
    /// <param name="updates">Updates done so far, from 0.</param>
    public abstract double At(long updates);

    /// <summary>The same rate always.</summary>
    public static implicit operator Schedule(float rate) => new ConstantRate(rate);
}

/// <summary>The same rate always.</summary>
/// <param name="Rate">The rate, at least 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ConstantRate(double Rate) : Schedule
{
    /// <inheritdoc/>
    public override double At(long updates) => Rate;
}

/// <summary>initial · factor^⌊updates / every⌋.</summary>
/// <param name="Initial">The first rate.</param>
/// <param name="Every">Updates between changes, at least 1.</param>
/// <param name="Factor">What the rate is multiplied by.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record StepDecay(double Initial, long Every, double Factor = 0.1) : Schedule
{
    /// <inheritdoc/>
    public override double At(long updates) => Initial * Math.Pow(Factor, updates / Math.Max(1, Every));
}

/// <summary>A rate for each stretch of updates: Rates[i] up to and including update Boundaries[i], the last one after (Keras's PiecewiseConstantDecay).</summary>
/// <param name="Boundaries">Ascending numbers of updates.</param>
/// <param name="Rates">One more than the boundaries.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PiecewiseConstant(ValueList<long> Boundaries, ValueList<double> Rates) : Schedule
{
    /// <inheritdoc/>
    public override double At(long updates)
    {
        if (Rates.Count != Boundaries.Count + 1)
            throw new ForgeException($"A piecewise constant rate has one rate more than boundaries; it has {Rates.Count} and {Boundaries.Count}.");
        for (var i = 0; i < Boundaries.Count; i++)
            if (updates <= Boundaries[i]) return Rates[i];
        return Rates[Boundaries.Count];
    }
}

/// <summary>initial · factor^(updates / steps); whole powers alone when in stairs (Keras's ExponentialDecay).</summary>
/// <param name="Initial">The first rate.</param>
/// <param name="Steps">Updates after which the rate has been multiplied once.</param>
/// <param name="Factor">What it is multiplied by.</param>
/// <param name="Staircase">Whether it falls in stairs.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ExponentialDecay(double Initial, long Steps, double Factor, bool Staircase = false) : Schedule
{
    /// <inheritdoc/>
    public override double At(long updates)
    {
        var power = updates / (double)Math.Max(1, Steps);
        return Initial * Math.Pow(Factor, Staircase ? Math.Floor(power) : power);
    }
}

/// <summary>Half a cosine from initial down to last · initial over some updates, then constant (Loshchilov and Hutter 2017; Keras's CosineDecay).</summary>
/// <param name="Initial">The first rate.</param>
/// <param name="Steps">Updates until the end of the fall.</param>
/// <param name="Last">The fraction of the first rate that is left.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CosineDecay(double Initial, long Steps, double Last = 0) : Schedule
{
    /// <inheritdoc/>
    public override double At(long updates)
    {
        var done = Math.Min(updates, Steps) / (double)Math.Max(1, Steps);
        return Initial * ((1 - Last) * 0.5 * (1 + Math.Cos(Math.PI * done)) + Last);
    }
}

/// <summary>Rises in a line to another schedule's first rate over some updates, then follows it from its start.</summary>
/// <param name="Steps">Updates of the rise.</param>
/// <param name="Then">What follows.</param>
/// <param name="From">The rate at the start.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record WarmUp(long Steps, Schedule Then, double From = 0) : Schedule
{
    /// <inheritdoc/>
    public override double At(long updates) => updates < Steps
        ? From + (Then.At(0) - From) * updates / Steps
        : Then.At(updates - Steps);
}
