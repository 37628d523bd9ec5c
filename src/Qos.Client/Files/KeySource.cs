using Qos.Keys;
using Qos.Native;
using Qos.Tokens;
using Tmds.Linux;

namespace Qos.Client;

/// <summary>Keys from files, with the path in every complaint, and from tokens. Format: docs/protocol/host.md, Client files; keys.md, Key set.</summary>
public static class KeySource
{
    /// <summary>Reads a public key file.</summary>
    /// <exception cref="CeremonyException">It cannot be read or is something else.</exception>
    public static PublicKey ReadPublic(string path)
    {
        try
        {
            return KeyFileFormat.ReadPublic(path);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
    }

    /// <summary>Reads a secret file; its owner disposes the key set.</summary>
    /// <param name="path">A plain secret file, or one under a passphrase.</param>
    /// <param name="askPassphrase">Asked for the passphrase when the file needs one; null where nobody can be asked.</param>
    /// <param name="tries">How often it is asked before a wrong one is final.</param>
    /// <exception cref="CeremonyException">It cannot be read, is something else, or the passphrase is wrong.</exception>
    public static KeySet ReadSecret(string path, Func<SecretMemory>? askPassphrase = null, int tries = 1)
    {
        if (TokenUri.IsTokenUri(path))
            throw new CeremonyException("A secret key file is needed here: a token never gives out the seed of its key.");
        try
        {
            return KeyFileFormat.ReadSecret(path, askPassphrase ?? (() => throw new CeremonyException($"{path} is under a passphrase, and there is no terminal to ask for it.")), tries);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
    }

    /// <summary>Whether a path is no file but a pipe, which gives what is in it once: a key from another program.</summary>
    public static bool IsPipe(string path) => LibC.IsSpecialFile(path);

    /// <summary>Opens a secret key, wherever it is; its owner disposes of it.</summary>
    /// <param name="place">A secret file, plain or under a passphrase, or the <c>pkcs11:</c> URI of a key in a token.</param>
    /// <param name="askPassphrase">Asked for the passphrase when the file needs one; null where nobody can be asked.</param>
    /// <param name="askPin">Asked for the token's PIN.</param>
    /// <param name="tries">How often a passphrase is asked for before a wrong one is final.</param>
    /// <exception cref="CeremonyException">The file cannot be read, is something else, or the passphrase is wrong.</exception>
    /// <exception cref="TokenException">Module, token or key are not there, or the PIN is wrong.</exception>
    public static IKeyPair Open(string place, Func<SecretMemory>? askPassphrase, Func<TokenPinRequest, SecretMemory> askPin, int tries = 1) =>
        TokenUri.IsTokenUri(place) ? TokenKeyPair.Open(TokenUri.Parse(place), askPin) : ReadSecret(place, askPassphrase, tries);

    /// <summary>
    /// The public key of a key file of either kind: of a public one, of a secret one, or as a protected one names it, for which no passphrase is
    /// needed; or of a key in a token, for which no PIN is needed.
    /// </summary>
    /// <exception cref="CeremonyException">It cannot be read or is something else.</exception>
    /// <exception cref="TokenException">Module, token or key are not there.</exception>
    public static PublicKey ReadPublicOf(string path)
    {
        if (TokenUri.IsTokenUri(path))
            return TokenKeyPair.ReadPublicKey(TokenUri.Parse(path));
        try
        {
            return KeyFileFormat.ReadPublicOf(path);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
    }

    /// <summary>Writes a new secret file, never over another.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="key">Whose seed.</param>
    /// <param name="passphrase">What to keep it under; null for a plain file.</param>
    /// <exception cref="CeremonyException">The file is there already, or cannot be written.</exception>
    public static void WriteNew(string path, KeySet key, SecretMemory? passphrase)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            if (passphrase is null)
                KeyFileFormat.WriteSecret(path, key);
            else
                ProtectedKeyFile.Write(path, key, passphrase.Span, SystemRandomSource.Instance);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Writes a public key file, never over another.</summary>
    /// <exception cref="CeremonyException">The file is there already, or cannot be written.</exception>
    public static void WritePublic(string path, PublicKey key)
    {
        try
        {
            KeyFileFormat.WritePublic(path, key);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
    }

    /// <summary>SHA-256 of a public key's 130 bytes in hex: short enough to be read out.</summary>
    public static string Fingerprint(PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(key.Bytes));
    }

    private static CeremonyException Refuse(string path, KeyException e) => new(
        e.Message.Contains(path, StringComparison.Ordinal) ? e.Message : $"{path}: {e.Message}", e);
}
