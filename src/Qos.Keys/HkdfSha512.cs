using System.Security.Cryptography;

namespace Qos.Keys;

/// <summary>HKDF (RFC 5869) with HMAC-SHA-512, leaving nothing secret behind in managed memory.</summary>
internal static class HkdfSha512
{
    private const int HashSize = 64;

    /// <summary>The longest info text that this takes; ours is empty.</summary>
    internal const int MaxInfo = 1024;

    /// <summary>Fills <paramref name="output"/>, at most 255 * 64 bytes.</summary>
    internal static void Derive(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> input, ReadOnlySpan<byte> info, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(output.Length, 255 * HashSize, nameof(output));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(info.Length, MaxInfo, nameof(info));

        Span<byte> extracted = stackalloc byte[HashSize];
        Span<byte> block = stackalloc byte[HashSize];
        Span<byte> message = stackalloc byte[HashSize + info.Length + 1];
        try
        {
            HMACSHA512.HashData(salt, input, extracted);

            int previous = 0;
            byte counter = 1;
            for (Span<byte> rest = output; !rest.IsEmpty; counter++)
            {
                block[..previous].CopyTo(message);
                info.CopyTo(message[previous..]);
                message[previous + info.Length] = counter;
                HMACSHA512.HashData(extracted, message[..(previous + info.Length + 1)], block);

                int taken = Math.Min(HashSize, rest.Length);
                block[..taken].CopyTo(rest);
                rest = rest[taken..];
                previous = HashSize;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(extracted);
            CryptographicOperations.ZeroMemory(block);
            CryptographicOperations.ZeroMemory(message);
        }
    }
}
