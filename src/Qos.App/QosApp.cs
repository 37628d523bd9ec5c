using Qos.Keys;
using Qos.Protocol;

namespace Qos.App;

/// <summary>
/// What an app that runs in an enclave can do there: read its manifest, prove that an answer comes from this enclave (live ephemeral key),
/// and sign, encrypt and decrypt in the name of the application (quorum key). Safe for use by several threads.
/// </summary>
/// <remarks>
/// Ephemeral key: this instance, this binary. Quorum key: this application, across instances and upgrades. Format: docs/protocol/proofs.md.
/// </remarks>
public sealed class QosApp : IDisposable
{
    /// <summary>The environment variable that names the directory of the enclave's files where it is not <c>/</c>.</summary>
    public const string DirectoryVariable = "QOS_DIR";

    private readonly KeySet _ephemeral;
    private readonly KeySet _quorum;
    private readonly IRandomSource _random;

    private QosApp(ManifestEnvelope envelope, KeySet ephemeral, KeySet quorum, IRandomSource random)
    {
        Envelope = envelope;
        _ephemeral = ephemeral;
        _quorum = quorum;
        _random = random;
    }

    /// <summary>The manifest that this app was booted with.</summary>
    public Manifest Manifest => Envelope.Manifest;

    /// <summary>The manifest with its approvals.</summary>
    public ManifestEnvelope Envelope { get; }

    /// <summary>The public half of the live ephemeral key, which the live attestation document names.</summary>
    public PublicKey EphemeralKey => _ephemeral.PublicKey;

    /// <summary>The public half of the quorum key, which the manifest names.</summary>
    public PublicKey QuorumKey => _quorum.PublicKey;

    /// <summary>
    /// Reads what the enclave wrote before it started the app: <c>qos.manifest</c>, <c>qos.ephemeral.key</c> and <c>qos.quorum.key</c>.
    /// </summary>
    /// <param name="directory">Where they are; null means what <see cref="DirectoryVariable"/> says, else <c>/</c>.</param>
    /// <exception cref="QosAppException">A file is missing or unreadable, or the quorum key is not the manifest's.</exception>
    public static QosApp FromEnclaveFiles(string? directory = null) => FromEnclaveFiles(directory, SystemRandomSource.Instance);

    internal static QosApp FromEnclaveFiles(string? directory, IRandomSource random)
    {
        directory ??= Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } named ? named : "/";
        ManifestEnvelope envelope = EnclaveFiles.ReadManifest(directory);
        KeySet? ephemeral = null;
        KeySet? quorum = null;
        try
        {
            ephemeral = EnclaveFiles.ReadKey(directory, EnclaveFiles.EphemeralKey);
            quorum = EnclaveFiles.ReadKey(directory, EnclaveFiles.QuorumKey);
            if (!quorum.PublicKey.Bytes.SequenceEqual(envelope.Manifest.Namespace.QuorumKey.Span))
                throw new QosAppException($"The quorum key in {directory} is not the one that the manifest beside it names.");

            return new QosApp(envelope, ephemeral, quorum, random);
        }
        catch
        {
            ephemeral?.Dispose();
            quorum?.Dispose();
            throw;
        }
    }

    /// <summary>Signs a payload with the live ephemeral key. Format: docs/protocol/proofs.md, App proof.</summary>
    /// <param name="payloadJson">A JSON object with a member <c>timestampMs</c>, a string of ms since 1970; signed as it is.</param>
    /// <exception cref="ArgumentException">The payload is not of that form.</exception>
    public AppProof SignProof(string payloadJson)
    {
        byte[] payload = ProofPayload.ToBytes(payloadJson);
        return new AppProof(
            AppProof.EphemeralKeyScheme, EphemeralKey.ToHex(), payloadJson, Convert.ToHexStringLower(_ephemeral.Sign(payload)));
    }

    /// <summary>Signs SHA-256 of a message as this very instance: 64 bytes, r || s. Format: docs/protocol/keys.md, Signatures.</summary>
    public byte[] SignWithEphemeralKey(ReadOnlySpan<byte> message) => _ephemeral.Sign(message);

    /// <summary>Signs SHA-256 of a message in the application's name: 64 bytes, r || s. Format: docs/protocol/keys.md, Signatures.</summary>
    /// <exception cref="ArgumentException">The message begins as a record of state does: such a signature could be taken for one of <see cref="SignRecord"/>.</exception>
    public byte[] SignWithQuorumKey(ReadOnlySpan<byte> message) => message.StartsWith(StateRecord.Prefix)
        ? throw new ArgumentException("The message begins as a record of state does, which SignRecord signs.", nameof(message))
        : _quorum.Sign(message);

    /// <summary>
    /// Signs the next record of a chain of state, for a store that nobody trusts. <see cref="StateChain"/> opens it again. Format: docs/verifiable-data.md, Records.
    /// </summary>
    /// <param name="domain">Keeps the application's kinds of records apart; 1 to 255 bytes of UTF-8.</param>
    /// <param name="name">Which of the domain's chains; 1 to 255 bytes of UTF-8.</param>
    /// <param name="previous">The head of the chain so far, which must have been opened, not only read; null for a new chain.</param>
    /// <param name="value">What to keep; it is not encrypted (see <see cref="EncryptAtRest"/>). At most <see cref="StateRecord.MaxValue"/> bytes.</param>
    /// <exception cref="ArgumentException">A name or the value is too long, or a name is empty or no Unicode.</exception>
    public StateRecord SignRecord(string domain, string name, StateHead? previous, ReadOnlySpan<byte> value)
    {
        StateRecord.RequireNames(domain, name);
        if (value.Length > StateRecord.MaxValue)
            throw new ArgumentException($"A record's value has at most {StateRecord.MaxValue} bytes.", nameof(value));
        var record = new StateRecord
        {
            Domain = domain,
            Name = name,
            Sequence = checked((previous?.Sequence ?? 0) + 1),
            Previous = previous?.Hash ?? new byte[StateHead.HashSize],
            Value = value.ToArray(),
            Signature = default,
        };
        return record with { Signature = _quorum.Sign(record.SignedBytes()) };
    }

    /// <summary>Encrypts to the application: any of its instances opens it, and nobody else. Format: docs/protocol/keys.md, Public-key envelope.</summary>
    public byte[] EncryptToQuorumKey(ReadOnlySpan<byte> plaintext) => QuorumKey.Encrypt(plaintext, _random);

    /// <summary>Opens what was encrypted to the application; dispose of the plaintext. Format: docs/protocol/keys.md, Public-key envelope.</summary>
    /// <exception cref="KeyException">It is damaged or was encrypted to another key.</exception>
    public SecretMemory DecryptWithQuorumKey(ReadOnlySpan<byte> envelope) => _quorum.Decrypt(envelope);

    /// <summary>Encrypts data at rest, which only this application's instances open again. Format: docs/protocol/keys.md, Symmetric envelope.</summary>
    public byte[] EncryptAtRest(ReadOnlySpan<byte> plaintext) => _quorum.EncryptSymmetric(plaintext, _random);

    /// <summary>Opens data at rest; dispose of the plaintext. Format: docs/protocol/keys.md, Symmetric envelope.</summary>
    /// <exception cref="KeyException">It is damaged or of another application.</exception>
    public SecretMemory DecryptAtRest(ReadOnlySpan<byte> envelope) => _quorum.DecryptSymmetric(envelope);

    /// <summary>
    /// A key of 32 bytes that all instances of the application get under this name, and nobody else; dispose of it. Format: docs/protocol/keys.md, Derived keys.
    /// </summary>
    /// <param name="name">What it is for; 1 to 255 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The name is empty, too long or no Unicode.</exception>
    public SecretMemory DeriveKey(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _quorum.DeriveKey(BoundedName.ToBytes(name, "The name of a derived key"));
    }

    /// <summary>Opens what was encrypted to this very instance's ephemeral key; dispose of the plaintext.</summary>
    /// <exception cref="KeyException">It is damaged or was encrypted to another key.</exception>
    public SecretMemory DecryptWithEphemeralKey(ReadOnlySpan<byte> envelope) => _ephemeral.Decrypt(envelope);

    /// <summary>Wipes both keys.</summary>
    public void Dispose()
    {
        _ephemeral.Dispose();
        _quorum.Dispose();
    }
}
