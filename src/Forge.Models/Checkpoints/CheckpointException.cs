using Forge.Core;

namespace Forge.Models.Checkpoints;

/// <summary>A checkpoint or weight file that cannot be used or written: the message names the file, the place and what to do.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class CheckpointException(string message, Exception? inner = null) : DataException(message, inner);
