using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes the quorum key from another node. Format: docs/protocol/messages.md, Key forwarding, step 3.</summary>
internal sealed class KeyInjection(NodeState state, QuorumKeyPublication publication)
{
    private const int SeedLength = 32;

    /// <summary>Checks and publishes the key.</summary>
    /// <exception cref="ProtocolException">Refused, nothing was changed.</exception>
    /// <exception cref="UnrecoverableException">The key was right, and publishing it failed half-way.</exception>
    internal void Inject(ReadOnlyMemory<byte> encryptedQuorumKey, ReadOnlyMemory<byte> signature)
    {
        PublicKey expected = PublicKey.Parse(state.Envelope.Manifest.Namespace.QuorumKey.Span);
        if (!expected.Verify(encryptedQuorumKey.Span, signature.Span))
            throw new ProtocolException(ProtocolErrorCode.InvalidEncryptedQuorumKeySignature);

        KeySet setup = state.SetupKey ?? throw new ProtocolException(
            ProtocolError.WithKeyError(ProtocolErrorCode.FailedToGetEphemeralKey, KeyError.FailedToReadSecret));
        using SecretMemory seed = setup.Decrypt(encryptedQuorumKey.Span);
        if (seed.Length != SeedLength)
            throw new ProtocolException(ProtocolErrorCode.EncryptedQuorumKeyInvalidLen);

        using KeySet quorum = KeySetOf(seed);
        if (!quorum.PublicKey.Equals(expected))
            throw new ProtocolException(ProtocolErrorCode.WrongQuorumKey);

        using StagedQuorumKey staged = publication.Stage(quorum);
        publication.Publish(staged);
    }

    private static KeySet KeySetOf(SecretMemory seed)
    {
        try
        {
            return KeySet.FromSeed(seed.Span);
        }
        catch (KeyException exception)
        {
            throw new ProtocolException(ProtocolErrorCode.InvalidQuorumSecret, exception.Message, exception);
        }
    }
}
