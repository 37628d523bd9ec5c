using Qos.App;
using Qos.Nsm;

namespace Qos.AppService;

/// <summary>
/// Attestation documents like the node's live one (the live ephemeral key, the manifest's hash) with a nonce of the caller's. Format: docs/service.md, A document.
/// </summary>
internal sealed class LiveDocuments(INsm nsm, QosApp app) : IDisposable
{
    /// <summary>The longest nonce that the module takes.</summary>
    internal const int MaxNonce = 512;

    // How many may wait for the module: a module that hangs takes these connections and no more.
    private const int MaxWaiting = 8;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly byte[] _manifestHash = app.Manifest.Hash();
    private int _waiting;

    /// <summary>One document. The module answers one question at a time, on a thread of its own.</summary>
    /// <exception cref="HttpRefusal">The nonce is too long, too many wait, or the module refused.</exception>
    internal async ValueTask<ReadOnlyMemory<byte>> MakeAsync(ReadOnlyMemory<byte> nonce, CancellationToken cancellationToken)
    {
        if (nonce.Length is 0 or > MaxNonce)
            throw new HttpRefusal(422, $"a nonce has 1 to {MaxNonce} bytes");
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new HttpRefusal(503, $"{MaxWaiting} documents are being made: ask again later");
        }

        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await Task.Factory.StartNew(
                    () => Ask(nonce), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
                    .ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turn.Dispose();

    private ReadOnlyMemory<byte> Ask(ReadOnlyMemory<byte> nonce)
    {
        try
        {
            return nsm.Send(new NsmRequest.Attestation(_manifestHash, nonce.ToArray(), app.EphemeralKey.Memory)) switch
            {
                NsmResponse.Attestation answer => answer.Document,
                NsmResponse.Error error => throw new HttpRefusal(502, $"the security module refused: {error.Code}"),
                _ => throw new HttpRefusal(502, "the security module gave another answer"),
            };
        }
        catch (NsmException)
        {
            throw new HttpRefusal(502, "the security module did not answer");
        }
    }
}
