using System.Collections.Concurrent;
using System.Text.Json;
using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>The loop of a trial process: a question a line in, an answer a line out, until the questions end.</summary>
internal static class TrialServer
{
    /// <summary>Answers until there are no more questions.</summary>
    /// <param name="questions">Where they come from.</param>
    /// <param name="answers">Where answers go.</param>
    /// <param name="open">Opens the device in a mode.</param>
    /// <param name="find">Finds the op use that a question names.</param>
    /// <param name="abandon">Called when whoever asks has gone while an answer is being found: a kernel that hangs must not outlive them.</param>
    public static void Run(TextReader questions, TextWriter answers, Func<BufferMode?, VulkanBackend> open, Func<TrialBench, TrialWork, OpUse> find, Action abandon)
    {
        using var bench = new TrialBench(open);
        Answer(questions, answers, new TrialReady(bench.Device.Identity), abandon, line => JsonSerializer.Serialize(Answer(bench, line, find), TrialJson.Default.TrialAnswer));
    }

    /// <summary>Says that it is ready, then answers each line, until there are no more.</summary>
    /// <param name="questions">Where lines come from.</param>
    /// <param name="answers">Where answers go.</param>
    /// <param name="ready">What is said first.</param>
    /// <param name="abandon">Called when whoever asks has gone while an answer is being found.</param>
    /// <param name="answer">Answers a line by a line.</param>
    public static void Answer(TextReader questions, TextWriter answers, TrialReady ready, Action abandon, Func<string, string> answer)
    {
        Say(JsonSerializer.Serialize(ready, TrialJson.Default.TrialReady));
        using var lines = new BlockingCollection<string>();
        var busy = 0;
        var reader = new Thread(() =>
        {
            while (questions.ReadLine() is { } line)
                lines.Add(line);
            lines.CompleteAdding();
            if (Volatile.Read(ref busy) != 0)
                abandon();
        })
        { IsBackground = true };
        reader.Start();
        foreach (var line in lines.GetConsumingEnumerable())
        {
            Volatile.Write(ref busy, 1);
            var found = answer(line);
            Volatile.Write(ref busy, 0); // before it is told: whoever asked may go as soon as they have it
            Say(found);
        }

        void Say(string line)
        {
            answers.WriteLine(line);
            answers.Flush();
        }
    }

    private static TrialAnswer Answer(TrialBench bench, string line, Func<TrialBench, TrialWork, OpUse> find)
    {
        try
        {
            var request = JsonSerializer.Deserialize(line, TrialJson.Default.TrialRequest) ?? throw new JsonException("nothing was asked");
            var use = find(bench, request.Work);
            if (use.Key != request.Key)
                return TrialAnswer.Of(Verdict.Failed, $"{use.Key} was found where {request.Key} was meant");
            return request.Runs > 0 ? bench.Time(use, request.Variant, request.Runs) : bench.Check(use, request.Variant, request.Trusted);
        }
        catch (Exception problem) when (problem is ForgeException or JsonException)
        {
            return TrialAnswer.Of(Verdict.Failed, problem.Message);
        }
    }
}
