using Qos.Keys;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>
/// Key files as all tools of the protocol read and write them: a secret file holds the master seed as 64 hex characters, a public file
/// the public key as 260. Format: docs/protocol/keys.md, Key set; host.md, Client files.
/// </summary>
public static class KeyFileFormat
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
        Write(path, digits.Span, AtomicFile.OwnerOnly, overwrite);
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
    /// <param name="tries">How often it is asked before a wrong one is final.</param>
    /// <exception cref="KeyException">
    /// IOError: the file cannot be read. InvalidMasterSeed: it holds no seed, is damaged, or the passphrase is wrong.
    /// </exception>
    public static KeySet ReadSecret(string path, Func<SecretMemory> askPassphrase, int tries = 1)
    {
        ArgumentNullException.ThrowIfNull(askPassphrase);
        using SecretMemory content = ReadSecretBytes(path);
        if (!ProtectedKeyFile.IsProtected(content.Span))
            return ReadPlain(path, content.Span);
        while (true)
        {
            using SecretMemory passphrase = askPassphrase();
            try
            {
                return ProtectedKeyFile.Open(path, content.Span, passphrase.Span);
            }
            catch (KeyException) when (--tries > 0)
            {
                // Asked once more.
            }
        }
    }

    /// <summary>
    /// The public key of a key file of either kind, read once: of a public one, of a plain secret one, or as a protected one names it, for which
    /// no passphrase is needed.
    /// </summary>
    /// <exception cref="KeyException">It cannot be read, or is something else.</exception>
    public static PublicKey ReadPublicOf(string path)
    {
        using SecretMemory content = ReadSecretBytes(path);
        if (ProtectedKeyFile.IsProtected(content.Span))
            return ProtectedKeyFile.PublicKeyOf(path, content.Span);
        if (Trim(content.Span).Length != 2 * KeySet.SeedSize)
            return ParsePublic(path, content.Span);
        using KeySet key = ReadPlain(path, content.Span);
        return key.PublicKey;
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
            throw CannotRead(path, failure);
        }
    }

    /// <summary>Writes a public key file, mode 0644, complete or not at all.</summary>
    /// <exception cref="KeyException">IOError: the file exists and <paramref name="overwrite"/> is not set, or it cannot be written.</exception>
    public static void WritePublic(string path, PublicKey key, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] digits = new byte[2 * PublicKey.Size];
        Hex.Encode(key.Bytes, digits);
        Write(path, digits, AtomicFile.Readable, overwrite);
    }

    /// <summary>Reads a public key file; white space at its ends is accepted.</summary>
    /// <exception cref="KeyException">The file cannot be read, or holds no public key with both points on the curve.</exception>
    public static PublicKey ReadPublic(string path)
    {
        Span<byte> buffer = stackalloc byte[MaxFileSize];
        return ParsePublic(path, buffer[..Read(path, buffer)]);
    }

    /// <summary>A whole secret file's bytes, bounded, in secret memory.</summary>
    internal static SecretMemory ReadSecretBytes(string path)
    {
        using SecretMemory buffer = SecretMemory.Allocate(MaxFileSize);
        int length = Read(path, buffer.Span);
        return SecretMemory.CopyOf(buffer.Span[..length]);
    }

    /// <summary>Writes a key file, complete or not at all.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool overwrite)
    {
        bool isWritten;
        try
        {
            isWritten = AtomicFile.TryWrite(path, content, mode, overwrite);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KeyException(KeyError.IOError, $"Cannot write {path}: {failure.Message}", failure);
        }

        if (!isWritten)
            throw new KeyException(KeyError.IOError, $"{path} exists already and is not overwritten: move it away or name another file.");
    }

    private static KeySet ReadPlain(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            return KeySet.FromHex(content);
        }
        catch (KeyException refused) when (refused.Error == KeyError.InvalidMasterSeed)
        {
            throw new KeyException(refused.Error, $"The secret key file {path} does not hold a seed as 64 hex characters{ForeignKey.Describe(content)}.");
        }
    }

    private static PublicKey ParsePublic(string path, ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> content = Trim(file);
        Span<byte> key = stackalloc byte[PublicKey.Size];
        if (content.Length != 2 * PublicKey.Size || !Hex.TryDecode(content, key))
            throw new KeyException(KeyError.FailedToReadPublicKey, $"The public key file {path} does not hold 260 hex characters{ForeignKey.Describe(file)}.");
        if (!PublicKey.TryParse(key, out PublicKey? parsed))
            throw new KeyException(KeyError.FailedToReadPublicKey, $"The public key in {path} is not two points on P-256.");
        return parsed;
    }

    // Reads a whole file of less than the buffer's length and returns its length.
    private static int Read(string path, Span<byte> buffer)
    {
        InputFile.RequireOwn(path);
        try
        {
            using FileStream stream = new(path, new FileStreamOptions { BufferSize = 0 });
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length < buffer.Length ? length : throw new KeyException(KeyError.IOError, $"{path} is too long for a key file.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(path, failure);
        }
    }

    private static KeyException CannotRead(string path, Exception failure) => failure is FileNotFoundException or DirectoryNotFoundException
        ? new KeyException(KeyError.IOError, $"There is no key file {path}.", failure)
        : new KeyException(KeyError.IOError, $"Cannot read the key file {path}: {failure.Message}", failure);

    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> content) => content.Trim(" \t\r\n\f\v"u8);
}
