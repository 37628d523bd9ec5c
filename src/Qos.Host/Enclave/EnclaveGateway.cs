using Qos.Protocol;
using Qos.Serialization;
using Qos.Transport;

namespace Qos.Host;

/// <summary>What the host asks of its enclave. Messages of clients pass through undecoded; only its own questions are understood.</summary>
internal sealed class EnclaveGateway : IDisposable
{
    // A manifest envelope is the largest answer to a question of the host's own.
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    // Longer than any answer of the host's own questions takes, and soon enough for a health check to learn that there is none.
    private static readonly TimeSpan s_longestQuestion = TimeSpan.FromSeconds(10);

    // A large message is passed on while it arrives if it comes at 4 MiB/s and never pauses for long: then nobody waits for its sender.
    private const int Early = 1024 * 1024;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private static readonly byte[] s_phase = MessageCodec.Encode(new ProtocolMessage.StatusRequest(), WireEncoding.Json);
    private static readonly byte[] s_status = MessageCodec.Encode(new ProtocolMessage.NodeStatusRequest(), WireEncoding.Json);
    private static readonly byte[] s_envelope = MessageCodec.Encode(new ProtocolMessage.ManifestEnvelopeRequest(), WireEncoding.Json);
    private static readonly byte[] s_attestation = MessageCodec.Encode(new ProtocolMessage.LiveAttestationDocRequest(), WireEncoding.Json);

    private readonly EnclaveConnectionPool _pool;
    private readonly SingleFlight<ProtocolPhase> _phase;
    private readonly SingleFlight<NodeStatus> _status;
    private readonly TimeSpan _messageTimeout;
    private readonly TimeSpan _questionTimeout;
    private readonly bool _alwaysOneAtATime;

    public EnclaveGateway(HostSettings settings, TimeProvider time)
    {
        _pool = new EnclaveConnectionPool(settings.Enclave, new EnclavePoolOptions { MaxMessages = settings.EnclaveConnections }, time);
        _alwaysOneAtATime = settings.SingleConnection;
        _pool.ServesOneAtATime = _alwaysOneAtATime;
        _messageTimeout = settings.EnclaveTimeout;
        _questionTimeout = settings.EnclaveTimeout < s_longestQuestion ? settings.EnclaveTimeout : s_longestQuestion;
        _phase = new SingleFlight<ProtocolPhase>(AskPhaseAsync);
        _status = new SingleFlight<NodeStatus>(AskStatusAsync);
    }

    /// <summary>Where the enclave is.</summary>
    public EnclaveAddress Address => _pool.Address;

    /// <summary>Whether the enclave is of another make: it does not know <c>nodeStatusRequest</c>.</summary>
    public bool IsOfAnotherMake { get; private set; }

    /// <summary>Passes a message on as it is.</summary>
    /// <param name="message">The message, whole.</param>
    /// <param name="answer">Where the answer is put.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">The enclave cannot be reached, or does not answer.</exception>
    /// <remarks>Nothing is changed by a message that did not arrive whole, so one that stalled on its way is sent again.</remarks>
    public Task PassAsync(SpooledBody message, SpooledBody answer, CancellationToken cancellationToken) => _pool.ExchangeAsync(
        EnclaveLane.Messages,
        (writer, token) => writer.WriteAsync(message.Open(), message.Length, token),
        async (reader, token) =>
        {
            await answer.FillAsync(reader.ReadAsync, reader.Length, token).ConfigureAwait(false);
            return true;
        },
        _messageTimeout,
        cancellationToken);

    /// <summary>Passes a large message on while it arrives, if it arrives fast.</summary>
    /// <param name="message">The message, of which some is here.</param>
    /// <param name="length">How long it will be.</param>
    /// <param name="answer">Where the answer is put.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when that was not possible: the message is then passed on when it is here whole, as every other.</returns>
    /// <exception cref="TransportException">The enclave had the whole message and did not answer.</exception>
    public async Task<bool> TryPassEarlyAsync(SpooledBody message, long length, SpooledBody answer, CancellationToken cancellationToken)
    {
        if (length <= Early || !_pool.TakesEarly || !await message.HasAsync(Early, s_pause).ConfigureAwait(false))
            return false;
        bool isSent = false;
        try
        {
            return await _pool.ExchangeAsync(
                EnclaveLane.Early,
                async (writer, token) =>
                {
                    await writer.WriteAsync(message.OpenEarly(length, s_pause), length, token).ConfigureAwait(false);
                    isSent = true;
                },
                async (reader, token) =>
                {
                    await answer.FillAsync(reader.ReadAsync, reader.Length, token).ConfigureAwait(false);
                    return true;
                },
                _messageTimeout,
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!isSent && e is (UploadStalledException or TransportException))
        {
            return false;
        }
    }

    /// <summary>The enclave's phase, asked for after this call was made.</summary>
    /// <exception cref="TransportException">The enclave cannot be reached, or does not answer.</exception>
    /// <exception cref="EncodingException">The answer is not what the protocol says.</exception>
    /// <exception cref="ProtocolException">The enclave refused the question.</exception>
    public Task<ProtocolPhase> PhaseAsync(CancellationToken cancellationToken) => _phase.AskAsync().WaitAsync(cancellationToken);

    /// <summary>Phase, app and identity, asked for after this call was made; the phase alone of an enclave of another make.</summary>
    /// <exception cref="TransportException">As for <see cref="PhaseAsync"/>, and so the others.</exception>
    public Task<NodeStatus> StatusAsync(CancellationToken cancellationToken) => _status.AskAsync().WaitAsync(cancellationToken);

    /// <summary>The manifest envelope that the enclave was booted with; null before that.</summary>
    public async Task<ManifestEnvelope?> ManifestEnvelopeAsync(CancellationToken cancellationToken) =>
        (await AskAsync<ProtocolMessage.ManifestEnvelopeResponse>(s_envelope, cancellationToken).ConfigureAwait(false)).ManifestEnvelope;

    /// <summary>The attestation document of the key that the enclave uses now, with its manifest envelope.</summary>
    public Task<ProtocolMessage.LiveAttestationDocResponse> AttestationAsync(CancellationToken cancellationToken) =>
        AskAsync<ProtocolMessage.LiveAttestationDocResponse>(s_attestation, cancellationToken);

    /// <summary>True for what a missing, silent or confused enclave causes.</summary>
    public static bool IsFailure(Exception e) => e is TransportException or EncodingException or ProtocolException;

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    private async Task<ProtocolPhase> AskPhaseAsync() =>
        (await AskAsync<ProtocolMessage.StatusResponse>(s_phase, CancellationToken.None).ConfigureAwait(false)).Phase;

    private async Task<NodeStatus> AskStatusAsync()
    {
        try
        {
            NodeStatus status = (await AskAsync<ProtocolMessage.NodeStatusResponse>(s_status, CancellationToken.None).ConfigureAwait(false)).Status;
            if (IsOfAnotherMake)
                BecomeOfMake(another: false);
            return status;
        }
        catch (ProtocolException)
        {
            // The reference's enclave does not know the question, and serves one connection after the other.
            if (!IsOfAnotherMake)
                BecomeOfMake(another: true);
            return new NodeStatus(await AskPhaseAsync().ConfigureAwait(false), Shares: null, Pivot: null);
        }
    }

    private void BecomeOfMake(bool another)
    {
        IsOfAnotherMake = another;
        _pool.ServesOneAtATime = another || _alwaysOneAtATime;
    }

    private async Task<T> AskAsync<T>(ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
        where T : ProtocolMessage
    {
        using FrameBuffer answer = await _pool.ExchangeAsync(
            EnclaveLane.Questions,
            (writer, token) => writer.WriteAsync(question, token),
            static (reader, token) => reader.ReadToEndAsync(MaxAnswerBytes, token),
            _questionTimeout,
            cancellationToken).ConfigureAwait(false);
        return MessageCodec.Decode(answer.Span).Message switch
        {
            T expected => expected,
            ProtocolMessage.ProtocolErrorResponse refusal => throw new ProtocolException(refusal.Error),
            var other => throw new EncodingException($"the enclave answered {other.GetType().Name} where {typeof(T).Name} belongs", 0),
        };
    }
}
