namespace Forge.Fuzzing;

/// <summary>What a target throws where the product refuses an input without an exception.</summary>
internal sealed class RefusedException(string message = "refused") : Exception(message);
