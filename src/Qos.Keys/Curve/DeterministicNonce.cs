using System.Security.Cryptography;

namespace Qos.Keys;

/// <summary>
/// The nonces of RFC 6979, section 3.2, for P-256 and SHA-256: an HMAC-DRBG over the secret and the digest. Curve order and hash
/// have 256 bits each, so its conversions between bits and numbers are plain copies but for one reduction of the digest.
/// </summary>
internal readonly ref struct DeterministicNonce
{
    /// <summary>Bytes of the state.</summary>
    internal const int StateSize = (Size * 4) + 1;

    private const int Size = 32;

    // K, then V, then room for the message V || tag || secret || digest, of which V is the first part.
    private readonly Span<byte> _state;

    /// <summary>Starts the generator.</summary>
    /// <param name="scalar">The secret.</param>
    /// <param name="digest">What is signed.</param>
    /// <param name="state">Secret memory of <see cref="StateSize"/> bytes of zeros; the caller wipes it.</param>
    internal DeterministicNonce(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> digest, Span<byte> state)
    {
        _state = state;
        V.Fill(0x01);
        scalar.CopyTo(_state[((Size * 2) + 1)..]);
        P256.ReduceDigest(digest, _state[((Size * 3) + 1)..]);

        Rekey(0x00, _state[Size..]);
        Rekey(0x01, _state[Size..]);

        // From here on the messages are V || 00 alone.
        CryptographicOperations.ZeroMemory(_state[((Size * 2) + 1)..]);
    }

    private Span<byte> K => _state[..Size];

    private Span<byte> V => _state.Slice(Size, Size);

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

    private void Skip() => Rekey(0x00, _state.Slice(Size, Size + 1));

    // message begins with V, then has room for the tag.
    private void Rekey(byte tag, Span<byte> message)
    {
        message[Size] = tag;
        HMACSHA256.HashData(K, message, K);
        HMACSHA256.HashData(K, V, V);
    }
}
