using System.CommandLine;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench</c>: times training steps and prints one JSON line.</summary>
internal static class BenchCommand
{
    public static Command Build() => new("bench", "Time training steps; prints one JSON line.") { BenchStep.Build() };
}
