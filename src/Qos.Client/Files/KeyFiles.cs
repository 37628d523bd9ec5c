using Qos.Keys;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>
/// Key files as all tools of the protocol read and write them: a secret file holds the master seed as 64 hex characters, a public file
/// the public key as 260. Specification: keys, Key set; host, Client files.
/// </summary>
public static class KeyFiles
{
    /// <summary>The most bytes that a key file may have, white space and a protected key's header included.</summary>
    internal const int MaxFileSize = 4096;

    /// <summary>
    /// Writes a secret file, mode 0600, complete or not at all. An existing file is refused, also one that appears meanwhile, unless
    /// <paramref name="overwrite"/> is set.
    /// </summary>
    /// <exception cref="KeyException">IOError: the file exists or cannot be written.</exception>
    public static void WriteSecret(string path, KeySet keySet, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(keySet);
        using SecretMemory seed = keySet.ExportSeed();
        using SecretMemory digits = SecretMemory.Allocate(2 * KeySet.SeedSize);
        Hex.EncodeSecret(seed.Span, digits.Span);
        PublishedFile.Write(path, digits.Span, PublishedFile.OwnerOnly, overwrite);
    }

    /// <summary>Reads a secret file; white space at its ends is accepted.</summary>
    /// <exception cref="KeyException">
    /// IOError: the file cannot be read. InvalidMasterSeed: it holds no seed, or one that is protected by a passphrase.
    /// </exception>
    public static KeySet ReadSecret(string path) => ReadSecret(
        path, () => throw new KeyException(KeyError.InvalidMasterSeed, $"The key in {path} is protected by a passphrase: open it with that."));

    /// <summary>
    /// Reads a secret file of either form, once, so that it may be a pipe; white space at the ends of a plain one is accepted.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="askPassphrase">Asked for the passphrase, which is disposed of, when the file is under one.</param>
    /// <exception cref="KeyException">
    /// IOError: the file cannot be read. InvalidMasterSeed: it holds no seed, is damaged, or the passphrase is wrong.
    /// </exception>
    public static KeySet ReadSecret(string path, Func<SecretMemory> askPassphrase)
    {
        ArgumentNullException.ThrowIfNull(askPassphrase);
        using SecretMemory content = ReadSecretBytes(path);
        if (ProtectedKeyFile.IsProtected(content.Span))
        {
            using SecretMemory passphrase = askPassphrase();
            return ProtectedKeyFile.Open(path, content.Span, passphrase.Span);
        }

        try
        {
            return KeySet.FromHex(content.Span);
        }
        catch (KeyException refused) when (refused.Error == KeyError.InvalidMasterSeed)
        {
            throw new KeyException(refused.Error, $"The secret key file {path} does not hold a seed as 64 hex characters.");
        }
    }

    /// <summary>Whether others than the owner may read or write the file: a secret should be 0600.</summary>
    /// <exception cref="KeyException">IOError: there is no such file.</exception>
    public static bool IsExposed(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        try
        {
            return (File.GetUnixFileMode(path) & Others) != 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw PublishedFile.CannotRead(path, failure);
        }
    }

    /// <summary>Writes a public key file, mode 0644, complete or not at all.</summary>
    /// <exception cref="KeyException">IOError: the file exists and <paramref name="overwrite"/> is not set, or it cannot be written.</exception>
    public static void WritePublic(string path, PublicKey key, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] digits = new byte[2 * PublicKey.Size];
        Hex.Encode(key.Bytes, digits);
        PublishedFile.Write(path, digits, PublishedFile.OwnerWrites, overwrite);
    }

    /// <summary>Reads a public key file; white space at its ends is accepted.</summary>
    /// <exception cref="KeyException">The file cannot be read, or holds no public key with both points on the curve.</exception>
    public static PublicKey ReadPublic(string path)
    {
        Span<byte> buffer = stackalloc byte[MaxFileSize];
        ReadOnlySpan<byte> content = Trim(buffer[..PublishedFile.Read(path, buffer)]);
        Span<byte> key = stackalloc byte[PublicKey.Size];
        if (content.Length != 2 * PublicKey.Size || !Hex.TryDecode(content, key))
            throw new KeyException(KeyError.FailedToReadPublicKey, $"The public key file {path} does not hold 260 hex characters.");
        if (!PublicKey.TryParse(key, out PublicKey? parsed))
            throw new KeyException(KeyError.FailedToReadPublicKey, $"The public key in {path} is not two points on P-256.");
        return parsed;
    }

    /// <summary>A whole secret file's bytes, bounded, in secret memory.</summary>
    internal static SecretMemory ReadSecretBytes(string path)
    {
        using SecretMemory buffer = SecretMemory.Allocate(MaxFileSize);
        int length = PublishedFile.Read(path, buffer.Span);
        return SecretMemory.CopyOf(buffer.Span[..length]);
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> content) => content.Trim(" \t\r\n\f\v"u8);
}
