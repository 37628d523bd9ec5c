using Qos.Host.Http;
using Qos.Protocol;
using Qos.Serialization;
using Qos.Transport;

namespace Qos.Host;

/// <summary>What the host asks of its enclave. Messages of others pass through undecoded; only its own questions are understood.</summary>
internal sealed class EnclaveGateway : IDisposable
{
    // A manifest envelope is the largest answer to a question of the host's own.
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    private static readonly byte[] s_status = MessageCodec.Encode(new ProtocolMessage.StatusRequest(), WireEncoding.Json);
    private static readonly byte[] s_envelope = MessageCodec.Encode(new ProtocolMessage.ManifestEnvelopeRequest(), WireEncoding.Json);
    private static readonly byte[] s_attestation = MessageCodec.Encode(new ProtocolMessage.LiveAttestationDocRequest(), WireEncoding.Json);

    private readonly EnclaveConnectionPool _pool;
    private readonly SharedQuestion<ProtocolPhase> _phase;

    public EnclaveGateway(HostOptions options, TimeProvider time)
    {
        _pool = new EnclaveConnectionPool(
            options.Enclave,
            new EnclavePoolOptions { MaxConnections = options.EnclaveConnections, RequestTimeout = options.EnclaveTimeout },
            time);
        _phase = new SharedQuestion<ProtocolPhase>(AskPhaseAsync);
    }

    /// <summary>Where the enclave is.</summary>
    public EnclaveAddress Address => _pool.Address;

    /// <summary>Passes a message on as it is and gives the answer as it comes; the caller disposes it.</summary>
    /// <exception cref="TransportException">The enclave cannot be reached, or does not answer.</exception>
    public Task<EnclaveResponse> PassAsync(Stream body, long length, CancellationToken cancellationToken) =>
        _pool.SendAsync(body, length, cancellationToken);

    /// <summary>The enclave's phase, asked for after this call was made.</summary>
    /// <exception cref="TransportException">The enclave cannot be reached, or does not answer.</exception>
    /// <exception cref="EncodingException">The answer is not what the protocol says.</exception>
    /// <exception cref="ProtocolException">The enclave refused the question.</exception>
    public Task<ProtocolPhase> PhaseAsync(CancellationToken cancellationToken) => _phase.AskAsync().WaitAsync(cancellationToken);

    /// <summary>The manifest envelope that the enclave was booted with; null before that.</summary>
    public async Task<ManifestEnvelope?> ManifestEnvelopeAsync(CancellationToken cancellationToken) =>
        (await AskAsync<ProtocolMessage.ManifestEnvelopeResponse>(s_envelope, cancellationToken).ConfigureAwait(false)).ManifestEnvelope;

    /// <summary>The attestation document of the key that the enclave uses now, with its manifest envelope.</summary>
    public Task<ProtocolMessage.LiveAttestationDocResponse> AttestationAsync(CancellationToken cancellationToken) =>
        AskAsync<ProtocolMessage.LiveAttestationDocResponse>(s_attestation, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    private async Task<ProtocolPhase> AskPhaseAsync() =>
        (await AskAsync<ProtocolMessage.StatusResponse>(s_status, CancellationToken.None).ConfigureAwait(false)).Phase;

    private async Task<T> AskAsync<T>(ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
        where T : ProtocolMessage
    {
        using EnclaveResponse response = await _pool.SendAsync(question, cancellationToken).ConfigureAwait(false);
        using FrameBuffer answer = await response.ReadToEndAsync(MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return MessageCodec.Decode(answer.Span).Message switch
        {
            T expected => expected,
            ProtocolMessage.ProtocolErrorResponse refusal => throw new ProtocolException(refusal.Error),
            var other => throw new EncodingException($"the enclave answered {other.GetType().Name} where {typeof(T).Name} belongs", 0),
        };
    }
}
