using System.Buffers;
using System.Security.Cryptography;
using Qos.Node;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>One connection of the control protocol: requests in, answers out, in order.</summary>
internal sealed class ControlConnection : IDisposable
{
    // Large enough that a pivot's hashing and writing is not done in crumbs, small enough to be held for every busy connection.
    private const int BufferSize = 64 * 1024;

    private static readonly byte[] s_oversize = """{"protocolErrorResponse":"OversizeMsg"}"""u8.ToArray();

    private readonly FrameConnection _frames;
    private readonly IMessageService _node;
    private readonly ConnectionSlots _all;

    public ControlConnection(FrameConnection frames, IMessageService node, ConnectionSlots all)
    {
        _frames = frames;
        _node = node;
        _all = all;
    }

    /// <summary>Serves requests until the peer goes, breaks a limit, or the connection must make room.</summary>
    /// <param name="slot">Its place among the connections.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <exception cref="TransportException">The peer vanished mid-message or broke a limit.</exception>
    public async Task ServeAsync(ConnectionSlots.Slot slot, CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken).ConfigureAwait(false) && _all.TryBegin(slot))
        {
            ReadOnlyMemory<byte> answer = await AnswerAsync(cancellationToken).ConfigureAwait(false);
            await _frames.Writer.WriteAsync(answer, cancellationToken).ConfigureAwait(false);
            _all.End(slot);
        }
    }

    /// <summary>Breaks the connection off; also from another thread.</summary>
    public void Dispose() => _frames.Dispose();

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _frames.Reader.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TransportException e) when (e.Error == TransportError.Oversize)
        {
            // Said before the connection is closed: what follows such a length cannot be told apart from another message.
            await _frames.Writer.WriteAsync(s_oversize, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(CancellationToken cancellationToken)
    {
        using IMessageIntake intake = _node.Begin(_frames.Reader.Length);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        int most = 0;
        try
        {
            int read;
            while ((read = await _frames.Reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                most = Math.Max(most, read);
                intake.Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            // It may have held a share.
            CryptographicOperations.ZeroMemory(buffer.AsSpan(0, most));
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // The thread that brought the last bytes serves other connections as well: no answer is made there.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await intake.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }
}
