using System.CommandLine;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench</c>: times a training step or one op and prints one JSON line.</summary>
internal static class BenchCommand
{
    public static Command Build() => new("bench", "Time training steps or one op; prints one JSON line.") { BenchStep.Build(), BenchOp.Build() };
}
