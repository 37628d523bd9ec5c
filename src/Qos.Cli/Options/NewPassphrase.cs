using System.Security.Cryptography;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary>A passphrase that a key is put under: from a descriptor, or asked for twice.</summary>
internal static class NewPassphrase
{
    /// <summary>Reads the passphrase, or asks for it twice; the caller disposes of it.</summary>
    /// <exception cref="CeremonyException">It is empty, or was not given the same way twice.</exception>
    public static SecretMemory Get(int? descriptor, Terminal terminal)
    {
        if (descriptor is { } number)
            return PassphraseDescriptor.Read(number);

        SecretMemory first = terminal.AskPassphrase("New passphrase");
        try
        {
            if (first.Length == 0)
                throw new CeremonyException("An empty passphrase protects nothing: choose another.");
            using SecretMemory second = terminal.AskPassphrase("Once more");
            return CryptographicOperations.FixedTimeEquals(first.Span, second.Span)
                ? first
                : throw new CeremonyException("The two passphrases are not the same; nothing was written.");
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }
}
