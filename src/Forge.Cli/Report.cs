using System.Buffers;
using System.Text.Json;
using Forge.Core;

namespace Forge.Cli;

/// <summary>Where a command's words go: text for people, and with --json one object a line for programs.</summary>
/// <remarks>With --json stdout carries events alone and text goes to stderr. Errors and warnings always go to stderr.</remarks>
/// <param name="json">Whether --json was given.</param>
/// <param name="quiet">Whether --quiet was given.</param>
internal sealed class Report(bool json, bool quiet)
{
    private readonly Lazy<Stream> _events = new(Console.OpenStandardOutput);

    /// <summary>Whether programs are listening.</summary>
    public bool Json => json;

    /// <summary>Whether only results were asked for.</summary>
    public bool Quiet => quiet;

    /// <summary>Where text for people goes.</summary>
    public TextWriter People => json ? Console.Error : Console.Out;

    /// <summary>Whether people's text is shown on a terminal, where lines can be rewritten.</summary>
    public bool OnTerminal => json ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;

    /// <summary>Where running commentary goes: nowhere with --quiet.</summary>
    public TextWriter Commentary => quiet ? TextWriter.Null : People;

    /// <summary>Running commentary, left out with --quiet.</summary>
    public void Say(string text) => Commentary.WriteLine(text);

    /// <summary>What the command was called for; --quiet does not hide it.</summary>
    public void Result(string text) => People.WriteLine(text);

    /// <summary>Something the user should know that is no failure.</summary>
    public static void Warn(string text) => Console.Error.WriteLine("forge: warning: " + ForeignText.Visible(text));

    /// <summary>Says with --quiet how many images were left out; without it, the commentary named them.</summary>
    public void WarnOfSkipped(int images)
    {
        if (quiet && images > 0) Warn($"Skipped {images} images that cannot be decoded.");
    }

    /// <summary>One event, if programs are listening.</summary>
    public void Event(string name, Action<Utf8JsonWriter> members)
    {
        if (!json) return;
        Line(writer =>
        {
            writer.WriteString("event", name);
            members(writer);
        });
    }

    /// <summary>One object on a line of stdout, whatever the options: what <c>forge bench</c> prints.</summary>
    public void Line(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        buffer.Write("\n"u8);
        // In one call, and at once: whoever reads wants whole lines as they come.
        _events.Value.Write(buffer.WrittenSpan);
        _events.Value.Flush();
    }
}

/// <summary>Numbers that JSON has no word for.</summary>
internal static class JsonNumbers
{
    /// <summary>Writes a number, or null where it is not finite.</summary>
    public static void WriteNumberOrNull(this Utf8JsonWriter writer, string name, double? value, int digits = 6)
    {
        if (value is { } number && double.IsFinite(number)) writer.WriteNumber(name, Math.Round(number, digits));
        else writer.WriteNull(name);
    }
}
