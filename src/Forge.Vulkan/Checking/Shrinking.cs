using System.Diagnostics;

namespace Forge.Vulkan.Checking;

/// <summary>Makes the draws of a failing case smaller for as long as it fails: fewer of them, then smaller numbers.</summary>
internal static class Shrinking
{
    // A case whose process has to be started anew each time takes a second or two.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>How many smaller cases are tried at most.</summary>
    public const int MostTries = 400;

    // An extent is low + draw mod range: each small number is another extent.
    private static readonly int[] s_smaller = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 23, 32, 45, 64];

    /// <summary>The smallest draws found that fail.</summary>
    /// <param name="draws">Draws that fail.</param>
    /// <param name="fails">Whether others do. Called with what is smaller alone.</param>
    /// <param name="mostTries">How many are tried.</param>
    /// <param name="cancellation">Ends it early: with the smallest so far.</param>
    public static IReadOnlyList<int> Smallest(IReadOnlyList<int> draws, Func<IReadOnlyList<int>, bool> fails, int mostTries = MostTries, CancellationToken cancellation = default)
    {
        int[] best = [.. draws];
        var (started, tries) = (Stopwatch.GetTimestamp(), 0);
        // Draws past the end are zeros, so that a shorter list is a smaller case.
        for (var length = 0; length < best.Length; length = length < 4 ? length + 1 : length * 3 / 2)
            if (Accepts(best[..length]))
                break;
        for (var improved = true; improved;)
        {
            improved = false;
            for (var at = best.Length - 1; at >= 0; at--)
                foreach (var smaller in s_smaller)
                {
                    if (at >= best.Length || smaller >= best[at])
                        break;
                    if (Accepts([.. best[..at], smaller, .. best[(at + 1)..]]))
                    {
                        improved = true;
                        break;
                    }
                }
        }
        return best;

        bool Accepts(int[] candidate)
        {
            if (cancellation.IsCancellationRequested || tries++ >= mostTries || Stopwatch.GetElapsedTime(started) > s_patience || !fails(candidate))
                return false;
            // Zeros at the end say nothing.
            best = [.. candidate.Take(Array.FindLastIndex(candidate, d => d != 0) + 1)];
            return true;
        }
    }
}
