using System.Collections;

namespace Forge.Vulkan;

/// <summary>The parts of a transfer, in order. Going through them makes no garbage: each step of a training does.</summary>
/// <param name="bytes">The length of the whole, in bytes.</param>
/// <param name="most">The length of a part at most, in bytes.</param>
internal readonly struct TransferParts(long bytes, int most) : IEnumerable<(long At, int Bytes)>
{
    /// <summary>Goes through the parts.</summary>
    public Enumerator GetEnumerator() => new(bytes, most);

    IEnumerator<(long At, int Bytes)> IEnumerable<(long At, int Bytes)>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Where it is: before the first part at the start.</summary>
    /// <threadsafety>One thread at a time.</threadsafety>
    public struct Enumerator(long bytes, int most) : IEnumerator<(long At, int Bytes)>
    {
        private long _next;

        /// <inheritdoc/>
        public (long At, int Bytes) Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_next >= bytes)
                return false;
            Current = (_next, (int)Math.Min(most, bytes - _next));
            _next += Current.Bytes;
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => _next = 0;

        /// <inheritdoc/>
        public readonly void Dispose() { }
    }
}
