using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>An image file that cannot be decoded, or must not be: the message names the file, the problem and what to do.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class BadImageException(string message, Exception? inner = null) : DataException(message, inner);
