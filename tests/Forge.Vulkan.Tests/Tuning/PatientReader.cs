namespace Forge.Vulkan.Tests.Tuning;

/// <summary>Questions of somebody who stays until each is answered: that questions end while an answer is being found means that nobody waits for it any more.</summary>
/// <param name="answers">Where answers go.</param>
/// <param name="questions">The questions, a line each.</param>
internal sealed class PatientReader(CountedAnswers answers, string questions) : StringReader(questions)
{
    private int _asked;

    public override string? ReadLine()
    {
        var line = base.ReadLine();
        if (line is not null) _asked++;
        else SpinWait.SpinUntil(() => answers.Count > _asked, TimeSpan.FromMinutes(5)); // the first line says that it is ready
        return line;
    }
}

/// <summary>What is written, and how many lines of it: each is flushed.</summary>
internal sealed class CountedAnswers : StringWriter
{
    private int _count;

    /// <summary>How many lines.</summary>
    public int Count => Volatile.Read(ref _count);

    public override void Flush() => Interlocked.Increment(ref _count);
}
