namespace Qos.Keys;

/// <summary>Who can sign and decrypt under a public key, wherever the secret is: in memory, or in a token. Disposing of it lets go of the secret.</summary>
public interface IKeyPair : IDisposable
{
    /// <summary>The public half.</summary>
    PublicKey PublicKey { get; }

    /// <summary>Signs SHA-256 of <paramref name="message"/>: 64 bytes, r || s. Format: docs/protocol/keys.md, Signatures.</summary>
    byte[] Sign(ReadOnlySpan<byte> message);

    /// <summary>Opens a public-key envelope; the caller disposes of the plaintext. Format: docs/protocol/keys.md, Public-key envelope.</summary>
    /// <exception cref="KeyException">The envelope is malformed, damaged or for another key: always the same error.</exception>
    SecretMemory Decrypt(ReadOnlySpan<byte> envelope);
}
