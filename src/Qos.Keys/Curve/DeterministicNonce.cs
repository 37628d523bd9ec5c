using System.Security.Cryptography;

namespace Qos.Keys;

/// <summary>
/// The nonces of RFC 6979, section 3.2, for P-256 and SHA-256: an HMAC-DRBG over the secret and the digest. Curve order and hash
/// have 256 bits each, so its conversions between bits and numbers are plain copies but for one reduction of the digest.
/// </summary>
internal readonly ref struct DeterministicNonce : IDisposable
{
    private const int Size = 32;

    // K, then V, then room for the message V || tag || secret || digest, of which V is the first part.
    private readonly SecretMemory _state;

    internal DeterministicNonce(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> digest)
    {
        _state = SecretMemory.Allocate((Size * 4) + 1);
        V.Fill(0x01);
        scalar.CopyTo(_state.Span[((Size * 2) + 1)..]);
        P256.ReduceDigest(digest, _state.Span[((Size * 3) + 1)..]);

        Rekey(0x00, _state.Span[Size..]);
        Rekey(0x01, _state.Span[Size..]);

        // From here on the messages are V || 00 alone.
        CryptographicOperations.ZeroMemory(_state.Span[((Size * 2) + 1)..]);
    }

    private Span<byte> K => _state.Span[..Size];

    private Span<byte> V => _state.Span.Slice(Size, Size);

    /// <summary>Writes the next nonce in [1, n-1].</summary>
    internal void Next(Span<byte> nonce)
    {
        HMACSHA256.HashData(K, V, V);
        while (!P256.IsScalar(V))
        {
            Skip();
            HMACSHA256.HashData(K, V, V);
        }

        V.CopyTo(nonce);
        Skip();
    }

    public void Dispose() => _state.Dispose();

    private void Skip() => Rekey(0x00, _state.Span.Slice(Size, Size + 1));

    // message begins with V, then has room for the tag.
    private void Rekey(byte tag, Span<byte> message)
    {
        message[Size] = tag;
        HMACSHA256.HashData(K, message, K);
        HMACSHA256.HashData(K, V, V);
    }
}
