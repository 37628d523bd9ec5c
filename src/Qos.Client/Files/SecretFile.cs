using Qos.Keys;

namespace Qos.Client;

/// <summary>Secrets as raw bytes in files: what Shamir's sharing splits, and its shares.</summary>
public static class SecretFile
{
    /// <summary>The largest secret that is read, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a whole file into secret memory; the caller disposes of it.</summary>
    /// <exception cref="CeremonyException">It cannot be read or is too large.</exception>
    public static SecretMemory Read(string path)
    {
        try
        {
            using FileStream file = InputFile.Open(path);
            using SecretMemory buffer = SecretMemory.Allocate(MaxBytes + 1);
            int length = file.ReadAtLeast(buffer.Span, buffer.Length, throwOnEndOfStream: false);
            return length <= MaxBytes
                ? SecretMemory.CopyOf(buffer.Span[..length])
                : throw new CeremonyException($"{path}: more than {MaxBytes} bytes are too many for a secret.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, e);
        }
    }

    /// <summary>Writes a secret for its owner's eyes only, never over something that is there.</summary>
    /// <exception cref="CeremonyException">The file is there already, or cannot be written.</exception>
    public static void Write(string path, SecretMemory secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        OutputFile.Write(path, secret.Span, overwrite: false, ownerOnly: true);
    }

    /// <summary>Writes a secret as hex, for its owner's eyes only, never over something that is there.</summary>
    /// <exception cref="CeremonyException">The file is there already, or cannot be written.</exception>
    public static void WriteHex(string path, SecretMemory secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        using SecretMemory hex = SecretMemory.Allocate(2 * secret.Length);
        Serialization.Hex.EncodeSecret(secret.Span, hex.Span);
        Write(path, hex);
    }

    /// <summary>Splits a secret into the files <c>1.share</c> and so on; none is written over another file.</summary>
    /// <returns>The files.</returns>
    /// <exception cref="CeremonyException">A file is there already, or cannot be written.</exception>
    /// <exception cref="ShamirException">The numbers make no sense.</exception>
    public static IReadOnlyList<string> WriteShares(string folder, SecretMemory secret, int count, int threshold, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(secret);
        SecretMemory[] shares = Shamir.Split(secret.Span, count, threshold, random);
        try
        {
            string[] paths = [.. Enumerable.Range(1, count).Select(number => Path.Combine(folder, $"{number}.share"))];
            foreach (string path in paths)
                OutputFile.RequireFree(path);
            for (int i = 0; i < count; i++)
                Write(paths[i], shares[i]);
            return paths;
        }
        finally
        {
            foreach (SecretMemory share in shares)
                share.Dispose();
        }
    }

    /// <summary>Puts shares in files together; the caller disposes of the secret.</summary>
    /// <exception cref="CeremonyException">A file cannot be read.</exception>
    /// <exception cref="ShamirException">The shares do not belong together.</exception>
    public static SecretMemory Combine(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var shares = new List<SecretMemory>();
        try
        {
            foreach (string path in paths)
                shares.Add(Read(path));
            return Shamir.Reconstruct(shares);
        }
        finally
        {
            foreach (SecretMemory share in shares)
                share.Dispose();
        }
    }
}
