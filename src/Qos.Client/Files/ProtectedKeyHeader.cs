using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using Qos.Keys;
using Qos.Serialization;
using PublicKey = Qos.Keys.PublicKey;

namespace Qos.Client;

/// <summary>
/// What a protected key file says before its ciphertext, one fact to a line; these bytes are authenticated with the seed:
/// <code>
/// qos-protected-key-v1
/// public-key HEX260
/// argon2id OPERATIONS MEMORY_KIB SALT_HEX32
/// xchacha20-poly1305 NONCE_HEX48
/// </code>
/// </summary>
internal sealed record ProtectedKeyHeader(PublicKey PublicKey, int Operations, int MemoryKib, byte[] Salt, byte[] Nonce)
{
    internal const string Version = "qos-protected-key-v1";
    internal const int SaltSize = 16;
    internal const int NonceSize = 24;

    /// <summary>Bytes of a sealed seed: the seed and its tag.</summary>
    internal const int SealedSize = KeySet.SeedSize + 16;

    // A hostile file must not make the reader work for hours or take all memory.
    private const int MaxOperations = 16;
    private const int MinMemoryKib = 8 * 1024;
    private const int MaxMemoryKib = 1024 * 1024;

    private const string KeyLine = "public-key";
    private const string HashLine = "argon2id";
    private const string CipherLine = "xchacha20-poly1305";

    /// <summary>The header's text, each line ended by a line feed.</summary>
    internal string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Version}\n{KeyLine} {PublicKey.ToHex()}\n{HashLine} {Operations} {MemoryKib} {Hex.Encode(Salt)}\n{CipherLine} {Hex.Encode(Nonce)}\n");

    /// <summary>Reads the four lines; null unless they are exactly what <see cref="ToText"/> writes, within the limits.</summary>
    internal static ProtectedKeyHeader? Parse(ReadOnlySpan<string> lines)
    {
        if (lines.Length != 4 || lines[0] != Version)
            return null;

        try
        {
            string[] key = lines[1].Split(' ');
            string[] hash = lines[2].Split(' ');
            string[] cipher = lines[3].Split(' ');
            if (key is not [KeyLine, string keyHex] || hash is not [HashLine, string operations, string memory, string salt]
                || cipher is not [CipherLine, string nonce])
                return null;

            ProtectedKeyHeader header = new(PublicKey.ParseHex(keyHex), Number(operations), Number(memory), Hex.Decode(salt), Hex.Decode(nonce));
            return header.IsWithinLimits && header.ToText() == string.Join('\n', lines!) + "\n" ? header : null;
        }
        catch (Exception refused) when (refused is KeyException or EncodingException or FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>Encrypts a seed under a passphrase, with this header as associated data.</summary>
    internal byte[] Seal(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> seed)
    {
        using Key key = CipherKey(passphrase);
        return AeadAlgorithm.XChaCha20Poly1305.Encrypt(key, Nonce, Encoding.ASCII.GetBytes(ToText()), seed);
    }

    /// <summary>Decrypts a sealed seed; false when the passphrase is wrong, or header or ciphertext were changed.</summary>
    internal bool TryOpen(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> sealedSeed, Span<byte> seed)
    {
        using Key key = CipherKey(passphrase);
        return AeadAlgorithm.XChaCha20Poly1305.Decrypt(key, Nonce, Encoding.ASCII.GetBytes(ToText()), sealedSeed, seed);
    }

    private Key CipherKey(ReadOnlySpan<byte> passphrase)
    {
        var argon2 = PasswordBasedKeyDerivationAlgorithm.Argon2id(
            new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = MemoryKib, NumberOfPasses = Operations });
        try
        {
            return argon2.DeriveKey(passphrase, Salt, AeadAlgorithm.XChaCha20Poly1305);
        }
        catch (CryptographicException failure)
        {
            throw new InsufficientMemoryException($"The passphrase needs {MemoryKib / 1024} MiB of memory to be checked, which are not there.", failure);
        }
    }

    private bool IsWithinLimits => Operations is >= 1 and <= MaxOperations && MemoryKib is >= MinMemoryKib and <= MaxMemoryKib
        && Salt.Length == SaltSize && Nonce.Length == NonceSize;

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
