namespace Qos.Node;

/// <summary>One request while it arrives, then its answer.</summary>
/// <remarks>
/// Bad input never makes it throw: what was wrong is remembered and becomes the answer. Disposing before the end drops everything that
/// was held for the request, a staged pivot included. Used by one connection, not thread-safe.
/// </remarks>
public interface IMessageIntake : IDisposable
{
    /// <summary>Takes the next part of the body; keeps a copy of what it needs.</summary>
    void Write(ReadOnlySpan<byte> part);

    /// <summary>
    /// Ends the body, lets the node answer it, and gives the encoded answer (a protocol error included) in the request's encoding.
    /// Requests that change state are taken one at a time; status and version do not wait for them.
    /// </summary>
    ValueTask<ReadOnlyMemory<byte>> CompleteAsync(CancellationToken cancellationToken);
}
