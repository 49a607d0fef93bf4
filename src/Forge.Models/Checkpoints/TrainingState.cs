using System.Text;
using System.Text.Json;
using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Checkpoints;

/// <summary>The numbers and names of a checkpoint as JSON text (its forge.training metadata).</summary>
internal static class TrainingState
{
    private const long MostSteps = 1L << 53; // whole numbers that a double keeps apart

    internal static string ToJson(Checkpoint checkpoint)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Checkpoint.FormatVersion);
            json.WriteNumber("step", checkpoint.Step);
            json.WriteNumber("epoch", checkpoint.Epoch);
            json.WriteNumber("step_in_epoch", checkpoint.StepInEpoch);
            json.WriteNumber("data_pass", checkpoint.Data.Pass);
            json.WriteNumber("data_batch", checkpoint.Data.Batch);
            json.WriteStartArray("input_shape");
            foreach (var extent in checkpoint.InputShape) json.WriteNumberValue(extent);
            json.WriteEndArray();
            json.WriteStartArray("classes");
            foreach (var name in checkpoint.ClassNames) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteStartObject("seeds");
            foreach (var (name, seed) in checkpoint.Seeds) json.WriteNumber(name, seed);
            json.WriteEndObject();
            json.WriteStartObject("values");
            // As bits: JSON has no NaN or infinity, and a resumed run continues from the very same numbers.
            foreach (var (name, value) in checkpoint.Values) json.WriteNumber(name, BitConverter.DoubleToInt64Bits(value));
            json.WriteEndObject();
            json.WriteStartObject("notes");
            foreach (var (name, text) in checkpoint.Notes) json.WriteString(name, text);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    // Whoever goes on from a checkpoint counts on from these.
    private static bool Possible(Checkpoint state) =>
        state is { Step: >= 0 and <= MostSteps, Epoch: >= 0 and < int.MaxValue, StepInEpoch: >= 0 and < int.MaxValue, Data: { Pass: >= 0 and < int.MaxValue, Batch: >= 0 and < int.MaxValue }, InputShape.Count: <= 8 }
        && state.InputShape.All(extent => extent is > 0 and <= ushort.MaxValue) && state.InputShape.Aggregate(1.0, (count, extent) => count * extent) < int.MaxValue;

    private static string TextOf(JsonElement element) => element.GetString() ?? throw new FormatException("null stands where text was expected");

    internal static Checkpoint FromJson(string text, string path, Checkpoint with)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var version = root.GetProperty("version").GetInt32();
            if (version > Checkpoint.FormatVersion)
                throw new CheckpointException($"{path}: written by a later Forge (checkpoint version {version}, this one reads {Checkpoint.FormatVersion}). Update Forge.");
            var state = with with
            {
                Step = root.GetProperty("step").GetInt64(),
                Epoch = root.GetProperty("epoch").GetInt32(),
                StepInEpoch = root.GetProperty("step_in_epoch").GetInt32(),
                Data = new BatchPosition(root.GetProperty("data_pass").GetInt32(), root.GetProperty("data_batch").GetInt32()),
                InputShape = [.. root.GetProperty("input_shape").EnumerateArray().Select(e => e.GetInt32())],
                ClassNames = [.. root.GetProperty("classes").EnumerateArray().Select(TextOf)],
                Seeds = root.GetProperty("seeds").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetUInt64()),
                Values = root.GetProperty("values").EnumerateObject().ToDictionary(p => p.Name, p => BitConverter.Int64BitsToDouble(p.Value.GetInt64())),
                Notes = root.GetProperty("notes").EnumerateObject().ToDictionary(p => p.Name, p => TextOf(p.Value)),
            };
            return Possible(state) ? state : throw new FormatException("it holds a number that no run can have");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new CheckpointException($"{path}: the training state in the metadata is not what Forge writes ({ForeignText.Shown(e.Message, 200)}). Use another checkpoint.", e);
        }
    }
}
