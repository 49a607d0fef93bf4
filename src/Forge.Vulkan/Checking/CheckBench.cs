using System.Text.Json;
using Forge.Core;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>Answers questions about cases in this process; unproven variants must be in a process of their own.</summary>
/// <param name="open">Opens the device under a setting.</param>
internal sealed class CheckBench(Func<string?, CheckDevice> open) : IDisposable
{
    private readonly Dictionary<string, CheckDevice> _open = [];
    private (string Op, string? Special, IReadOnlyList<int> Draws, PreparedCase? Case)? _last;

    /// <summary>The device as it is, or as a setting has it.</summary>
    public CheckDevice On(string? setting)
    {
        var key = setting ?? "";
        return _open.TryGetValue(key, out var device) ? device : _open[key] = open(setting);
    }

    /// <summary>Answers.</summary>
    public CheckAnswer Answer(CheckQuestion question) => CheckDevice.Guarded(() =>
    {
        var op = OpTable.Find(question.Op) ?? throw new DeviceException($"there is no op {question.Op}");
        if (_last?.Draws.SequenceEqual(question.Draws) != true)
            CloseFull();
        if (question.Under is CheckSettings.Gradient)
            return PlanCheck.Gradient(On(null), op.Sample(new Draw(question.Draws)));
        if (question.Under is CheckSettings.Empty)
            return PlanCheck.Empty(On(null), op.Sample(new Draw(question.Draws)));
        var special = SpecialValues.Names.Contains(question.Under) ? question.Under : null;
        var prepared = Prepare(op, question.Draws, special);
        // No variants: nothing to run.
        if (prepared?.Kernel is null)
            return CheckAnswer.Of(Verdict.Right, "", prepared);
        var device = On(special is null ? question.Under : null);
        if (question.Variant is null)
            return CheckAnswer.Of(Verdict.Right, "", prepared) with { Variants = [.. device.Variants(prepared).Select(v => v.Label)] };
        return prepared.Kernel.Find(question.Variant, prepared.Op, prepared.InputTypes, prepared.OutputTypes, device.Limits) is { } variant
            ? device.Check(prepared, variant)
            : CheckAnswer.Of(Verdict.Failed, CheckAnswer.NoVariant);
    });

    /// <summary>Answers lines until there are no more.</summary>
    /// <param name="questions">Where they come from.</param>
    /// <param name="answers">Where answers go.</param>
    /// <param name="abandon">Called when whoever asks has gone while an answer is being found.</param>
    public void Serve(TextReader questions, TextWriter answers, Action abandon) =>
        TrialServer.Answer(questions, answers, new TrialReady(On(null).Description.Identity), abandon, line =>
            JsonSerializer.Serialize(Answer(JsonSerializer.Deserialize(line, CheckJson.Default.CheckQuestion)!), CheckJson.Default.CheckAnswer));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var device in _open.Values)
            device.Dispose();
    }

    private void CloseFull()
    {
        foreach (var (key, device) in _open.Where(d => d.Value.IsFull).ToList())
        {
            _open.Remove(key);
            device.Dispose();
        }
    }

    // Many questions in turn are about one case.
    private PreparedCase? Prepare(OpEntry op, IReadOnlyList<int> draws, string? special)
    {
        if (_last is not { } last || last.Op != op.Name || last.Special != special || !last.Draws.SequenceEqual(draws))
        {
            var drawn = CheckCases.Of(op, draws);
            _last = last = (op.Name, special, draws, special is null ? new(drawn) : SpecialValues.Plant(drawn, special) is { } planted ? new(planted, special) : null);
        }
        return last.Case;
    }
}
