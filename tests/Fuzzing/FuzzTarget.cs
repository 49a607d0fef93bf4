namespace Forge.Fuzzing;

/// <summary>Something that reads what strangers wrote, and how it may answer.</summary>
/// <param name="Name">What reports call it; decides its inputs.</param>
/// <param name="Corpus">Valid inputs, made by code: each must be accepted.</param>
/// <param name="Read">Reads an input, and uses what was read as the product does. Returns where it is accepted.</param>
/// <param name="Refusals">The exceptions that refuse an input, their derived types included.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Corpus, Action<byte[]> Read, params IReadOnlyList<Type> Refusals)
{
    /// <summary>Edits that know the format, beside those of bytes: from a valid input and another to a damaged one.</summary>
    public IReadOnlyList<Mutation> Edits { get; init; } = [];

    /// <summary>Whether bytes are edited as well; not where a checksum would then refuse every input.</summary>
    public bool EditsBytes { get; init; } = true;

    /// <summary>What reading may allocate on the managed heap, in bytes, for an input of so many.</summary>
    public Func<int, long> AllocationLimit { get; init; } = length => (1 << 20) + 64L * length;

    /// <summary>How long an input may take. Generous: machines are busy.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Inputs in the long tier.</summary>
    public int LongTierInputs { get; init; } = 100_000;

    /// <summary>Inputs in the fast tier: so many are read even where the time box ends before.</summary>
    public int FastTierInputs { get; init; } = 200;
}

/// <summary>Makes a damaged input of a valid one.</summary>
/// <param name="random">Decides what is done.</param>
/// <param name="input">A valid input; not to be changed.</param>
/// <param name="other">Another of the corpus, perhaps the same.</param>
internal delegate byte[] Mutation(Random random, byte[] input, byte[] other);
