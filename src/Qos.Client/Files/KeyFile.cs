using Qos.Keys;

namespace Qos.Client;

/// <summary>Keys from files, with the path in every complaint. Specification: host, Client files.</summary>
public static class KeyFile
{
    /// <summary>Reads a public key file.</summary>
    /// <exception cref="CeremonyException">It cannot be read or is something else.</exception>
    public static PublicKey ReadPublic(string path)
    {
        try
        {
            return KeyFiles.ReadPublic(path);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
    }

    /// <summary>Reads a secret file; its owner disposes the key set.</summary>
    /// <param name="path">A plain secret file, or one under a passphrase.</param>
    /// <param name="askPassphrase">Asked for the passphrase when the file needs one; null where nobody can be asked.</param>
    /// <exception cref="CeremonyException">It cannot be read, is something else, or the passphrase is wrong.</exception>
    public static KeySet ReadSecret(string path, Func<SecretMemory>? askPassphrase = null)
    {
        try
        {
            if (!ProtectedKeyFile.IsProtected(path))
                return KeyFiles.ReadSecret(path);
            if (askPassphrase is null)
                throw new CeremonyException($"{path} is under a passphrase, and there is no terminal to ask for it.");
            using SecretMemory passphrase = askPassphrase();
            return ProtectedKeyFile.Read(path, passphrase.Span);
        }
        catch (KeyException e)
        {
            throw Refuse(path, e);
        }
    }

    private static CeremonyException Refuse(string path, KeyException e) => new(
        e.Message.Contains(path, StringComparison.Ordinal) ? e.Message : $"{path}: {e.Message}", e);
}
