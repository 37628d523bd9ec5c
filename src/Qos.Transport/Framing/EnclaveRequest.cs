namespace Qos.Transport;

/// <summary>A request that can go out a second time as long as only its start was tried.</summary>
internal abstract class EnclaveRequest
{
    /// <summary>Gets the first bytes ready, before a connection is taken.</summary>
    internal abstract ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Writes the header and the first bytes; may be called twice.</summary>
    internal abstract ValueTask WriteStartAsync(FrameWriter writer, CancellationToken cancellationToken);

    /// <summary>Writes what is left.</summary>
    internal abstract ValueTask WriteRestAsync(FrameWriter writer, CancellationToken cancellationToken);
}

/// <summary>A request whose body lies in memory.</summary>
internal sealed class MemoryRequest(ReadOnlyMemory<byte> body) : EnclaveRequest
{
    internal override ValueTask PrepareAsync(CancellationToken cancellationToken) => default;

    internal override ValueTask WriteStartAsync(FrameWriter writer, CancellationToken cancellationToken) =>
        writer.WriteAsync(body, cancellationToken);

    internal override ValueTask WriteRestAsync(FrameWriter writer, CancellationToken cancellationToken) => default;
}

/// <summary>A request whose body comes from a stream.</summary>
internal sealed class StreamRequest(Stream source, long length) : EnclaveRequest, IDisposable
{
    private readonly byte[] _buffer = FrameBuffer.Rent(FrameWriter.StreamBuffer);
    private int _start;

    internal override async ValueTask PrepareAsync(CancellationToken cancellationToken) =>
        _start = await FrameWriter.ReadStartAsync(source, length, _buffer, cancellationToken).ConfigureAwait(false);

    internal override ValueTask WriteStartAsync(FrameWriter writer, CancellationToken cancellationToken)
    {
        writer.Check(length);
        return writer.WriteStartAsync(_buffer.AsMemory(0, _start), cancellationToken);
    }

    internal override ValueTask WriteRestAsync(FrameWriter writer, CancellationToken cancellationToken) =>
        writer.WriteRestAsync(source, length - (_start - FrameReader.HeaderLength), _buffer, cancellationToken);

    public void Dispose() => FrameBuffer.Release(_buffer, _buffer.Length);
}
