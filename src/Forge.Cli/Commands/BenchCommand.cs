using System.CommandLine;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench</c>: times training steps and ops, alone or beside other frameworks.</summary>
internal static class BenchCommand
{
    public static Command Build() => new("bench", "Time training steps or one op, compare with other frameworks, show what was measured before.") { BenchStep.Build(), BenchOp.Build(), BenchCompare.Build(), BenchHistory.Build() };
}
