using NSec.Cryptography;

namespace Qos.Keys;

/// <summary>
/// Borsh of { nonce: [u8;12], ephemeral_sender_public: [u8;65], encrypted_message: Vec&lt;u8&gt; }: ECDH of a fresh key with the
/// receiver's, HMAC-SHA-512, AES-256-GCM. Format: docs/protocol/keys.md, Public-key envelope.
/// </summary>
internal static class PublicKeyEnvelope
{
    private const int SenderOffset = Aes256Gcm.NonceSize;
    private const int TailOffset = SenderOffset + P256.PointSize;
    private const int HashSize = 64;

    private static ReadOnlySpan<byte> HmacMessage => "qos_encryption_hmac_message"u8;

    /// <summary>Encrypts to a receiver's point; draws the ephemeral scalar first, then the nonce.</summary>
    internal static byte[] Seal(ReadOnlySpan<byte> receiver, ReadOnlySpan<byte> plaintext, IRandomSource random)
    {
        byte[] envelope = new byte[TailOffset + Aes256Gcm.SealedSize(plaintext.Length)];
        Span<byte> nonce = envelope.AsSpan(0, Aes256Gcm.NonceSize);
        Span<byte> sender = envelope.AsSpan(SenderOffset, P256.PointSize);

        using SecretMemory ephemeral = SecretMemory.Allocate(P256.ScalarSize);
        P256.DrawScalar(random, ephemeral.Span);
        P256.PublicPoint(ephemeral.Span, sender);
        random.Fill(nonce);

        using SecretMemory shared = SecretMemory.Allocate(P256.ScalarSize);
        if (!P256.TryAgree(ephemeral.Span, receiver, shared.Span))
            throw new KeyException(KeyError.FailedToReadPublicKey);

        using Key key = CipherKey(sender, receiver, shared.Span);
        Aes256Gcm.Seal(key, nonce, plaintext, AssociatedData(sender, receiver), envelope.AsSpan(TailOffset));
        return envelope;
    }

    /// <summary>Opens an envelope to the receiver whose scalar and point are given.</summary>
    internal static SecretMemory Open(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> receiver, ReadOnlySpan<byte> envelope)
    {
        using SecretMemory shared = SecretMemory.Allocate(P256.ScalarSize);
        if (envelope.Length < TailOffset || !P256.TryAgree(scalar, SenderOf(envelope), shared.Span))
            throw Aes256Gcm.DoesNotOpen();

        return OpenWithShared(shared.Span, receiver, envelope);
    }

    /// <summary>Opens an envelope whose ECDH was done elsewhere, such as in a token.</summary>
    internal static SecretMemory OpenWithShared(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> receiver, ReadOnlySpan<byte> envelope)
    {
        if (envelope.Length < TailOffset)
            throw Aes256Gcm.DoesNotOpen();

        ReadOnlySpan<byte> sender = SenderOf(envelope);
        using Key key = CipherKey(sender, receiver, shared);
        return Aes256Gcm.Open(key, envelope[..Aes256Gcm.NonceSize], envelope[TailOffset..], AssociatedData(sender, receiver));
    }

    /// <summary>The sender's point, if there is one and it lies on the curve: for an ECDH that is done elsewhere.</summary>
    internal static bool TryReadSender(ReadOnlySpan<byte> envelope, out ReadOnlySpan<byte> sender)
    {
        sender = envelope.Length < TailOffset ? default : SenderOf(envelope);
        return P256.IsPoint(sender);
    }

    private static ReadOnlySpan<byte> SenderOf(ReadOnlySpan<byte> envelope) => envelope.Slice(SenderOffset, P256.PointSize);

    // HMAC-SHA512(key = sender || receiver || shared, message)[0..32]
    private static Key CipherKey(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, ReadOnlySpan<byte> shared)
    {
        using SecretMemory hmacKey = SecretMemory.Allocate(sender.Length + receiver.Length + shared.Length);
        sender.CopyTo(hmacKey.Span);
        receiver.CopyTo(hmacKey.Span[sender.Length..]);
        shared.CopyTo(hmacKey.Span[(sender.Length + receiver.Length)..]);

        // A key longer than the hash's block of 128 bytes stands for its SHA-512 (RFC 2104, 2), which NSec leaves to its callers.
        using SecretMemory hash = SecretMemory.Allocate(HashSize);
        HashAlgorithm.Sha512.Hash(hmacKey.Span, hash.Span);
        using Key hashed = Key.Import(MacAlgorithm.HmacSha512, hash.Span, KeyBlobFormat.RawSymmetricKey);
        MacAlgorithm.HmacSha512.Mac(hashed, HmacMessage, hash.Span);
        return Aes256Gcm.KeyOf(hash.Span[..Aes256Gcm.KeySize]);
    }

    // sender || 0x41 || receiver || 0x41: each point is followed by its length.
    private static byte[] AssociatedData(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver) =>
        [.. sender, P256.PointSize, .. receiver, P256.PointSize];
}
