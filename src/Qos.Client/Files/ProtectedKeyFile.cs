using System.Text;
using Qos.Keys;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>
/// A secret file under a passphrase: Argon2id makes a key of it, XChaCha20-Poly1305 seals the seed, and the file is text that names its
/// version, its parameters and the public key. Format: docs/protocol/keys.md, Key set (Ours).
/// </summary>
public static class ProtectedKeyFile
{
    // libsodium's "moderate": under a second on a laptop, and costly to try in bulk.
    private const int DefaultOperations = 3;
    private const int DefaultMemoryKib = 256 * 1024;

    /// <summary>Writes the file, mode 0600, complete or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="keySet">Whose seed.</param>
    /// <param name="passphrase">Its UTF-8 bytes, at least one; the caller wipes them.</param>
    /// <param name="random">Gives salt and nonce.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="KeyException">IOError: the file exists or cannot be written. InvalidMasterSeed: the passphrase is empty.</exception>
    public static void Write(string path, KeySet keySet, ReadOnlySpan<byte> passphrase, IRandomSource random, bool overwrite = false) =>
        Write(path, keySet, passphrase, random, overwrite, DefaultOperations, DefaultMemoryKib);

    /// <summary>Opens the file.</summary>
    /// <exception cref="KeyException">IOError: it cannot be read. InvalidMasterSeed: it is of another form, damaged, or the passphrase is wrong.</exception>
    public static KeySet Read(string path, ReadOnlySpan<byte> passphrase)
    {
        using SecretMemory content = KeyFileFormat.ReadSecretBytes(path);
        return Open(path, content.Span, passphrase);
    }

    internal static KeySet Open(string path, ReadOnlySpan<byte> content, ReadOnlySpan<byte> passphrase)
    {
        (ProtectedKeyHeader header, byte[] sealedSeed) = PartsOf(path, content);
        using SecretMemory seed = SecretMemory.Allocate(KeySet.SeedSize);
        if (!header.TryOpen(passphrase, sealedSeed, seed.Span))
            throw new KeyException(KeyError.InvalidMasterSeed, $"The passphrase is wrong, or {path} is damaged.");

        KeySet keySet = KeySet.FromSeed(seed.Span);
        if (keySet.PublicKey.Equals(header.PublicKey))
            return keySet;

        keySet.Dispose();
        throw new KeyException(KeyError.InvalidMasterSeed, $"{path} names another public key than its seed's.");
    }

    /// <summary>The public key that the file names; only <see cref="Read"/> proves that the seed is inside.</summary>
    /// <exception cref="KeyException">IOError: it cannot be read. InvalidMasterSeed: it is of another form.</exception>
    public static PublicKey ReadPublicKey(string path)
    {
        using SecretMemory content = KeyFileFormat.ReadSecretBytes(path);
        return PublicKeyOf(path, content.Span);
    }

    internal static PublicKey PublicKeyOf(string path, ReadOnlySpan<byte> content) => PartsOf(path, content).Header.PublicKey;

    /// <summary>Whether a key file is of this form, so that a passphrase must be asked for.</summary>
    /// <exception cref="KeyException">IOError: it cannot be read.</exception>
    public static bool IsProtected(string path)
    {
        using SecretMemory content = KeyFileFormat.ReadSecretBytes(path);
        return IsProtected(content.Span);
    }

    internal static bool IsProtected(ReadOnlySpan<byte> content)
    {
        Span<byte> version = stackalloc byte[ProtectedKeyHeader.Version.Length];
        Encoding.ASCII.GetBytes(ProtectedKeyHeader.Version, version);
        return content.StartsWith(version);
    }

    internal static void Write(
        string path, KeySet keySet, ReadOnlySpan<byte> passphrase, IRandomSource random, bool overwrite, int operations, int memoryKib)
    {
        ArgumentNullException.ThrowIfNull(keySet);
        ArgumentNullException.ThrowIfNull(random);
        if (passphrase.IsEmpty)
            throw new KeyException(KeyError.InvalidMasterSeed, "An empty passphrase protects nothing: choose another.");

        byte[] salt = new byte[ProtectedKeyHeader.SaltSize];
        byte[] nonce = new byte[ProtectedKeyHeader.NonceSize];
        random.Fill(salt);
        random.Fill(nonce);
        ProtectedKeyHeader header = new(keySet.PublicKey, operations, memoryKib, salt, nonce);

        using SecretMemory seed = keySet.ExportSeed();
        byte[] sealedSeed = header.Seal(passphrase, seed.Span);
        string text = $"{header.ToText()}{Hex.Encode(sealedSeed)}\n";
        KeyFileFormat.Write(path, Encoding.ASCII.GetBytes(text), AtomicFile.OwnerOnly, overwrite);
    }

    private static (ProtectedKeyHeader Header, byte[] SealedSeed) PartsOf(string path, ReadOnlySpan<byte> content)
    {
        // Only a file that announces this form becomes a string: any other may be a seed in the clear.
        if (IsProtected(content))
        {
            string[] lines = Encoding.ASCII.GetString(content).Split('\n');
            if (lines.Length == 6 && lines[5].Length == 0 && lines[4].Length == 2 * ProtectedKeyHeader.SealedSize
                && ProtectedKeyHeader.Parse(lines.AsSpan(0, 4)) is { } header)
            {
                byte[] sealedSeed = new byte[ProtectedKeyHeader.SealedSize];
                if (Hex.TryDecode(Encoding.ASCII.GetBytes(lines[4]), sealedSeed))
                    return (header, sealedSeed);
            }
        }

        throw new KeyException(KeyError.InvalidMasterSeed, $"{path} is not a passphrase-protected key of the form {ProtectedKeyHeader.Version}.");
    }
}
