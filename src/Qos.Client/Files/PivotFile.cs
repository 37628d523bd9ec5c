using System.Security.Cryptography;

namespace Qos.Client;

/// <summary>The binary that a manifest names by its hash.</summary>
public static class PivotFile
{
    /// <summary>SHA-256 of a binary, read piece by piece.</summary>
    /// <exception cref="CeremonyException">It cannot be read.</exception>
    public static byte[] Hash(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return SHA256.HashData(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, e);
        }
    }

    /// <summary>Reads the hash from a pivot hash file, 64 hex characters. Specification: host, Client files.</summary>
    /// <exception cref="CeremonyException">It cannot be read or holds something else.</exception>
    public static byte[] ReadHash(string path) => InputFile.Hexadecimal(path, SHA256.HashSizeInBytes, "a pivot hash");
}
