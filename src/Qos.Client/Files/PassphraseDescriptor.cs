using Microsoft.Win32.SafeHandles;
using Qos.Keys;
using Tmds.Linux;

namespace Qos.Client;

/// <summary>A passphrase or PIN that a script hands over through an open file descriptor, so that it is on no command line and in no file.</summary>
public static class PassphraseDescriptor
{
    /// <summary>The longest passphrase, in bytes.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Reads up to the end of the first line, or of the file; the caller disposes of it.</summary>
    /// <param name="descriptor">The number of the descriptor, which is closed.</param>
    /// <param name="what">What it is called in complaints.</param>
    /// <exception cref="CeremonyException">The caller of this program passed no such descriptor, or it is not open for reading, or holds no passphrase.</exception>
    public static SecretMemory Read(int descriptor, string what = "passphrase")
    {
        // What this process opened itself is closed on exec, and what it was given cannot be: with a wrong number some file of the
        // runtime would be taken for the PIN, and cost one of a token's few tries.
        if (LibC.fcntl(descriptor, LibC.F_GETFD, 0) is var flags && (flags < 0 || (flags & LibC.FD_CLOEXEC) != 0))
            throw new CeremonyException($"The {what} cannot be read from descriptor {descriptor}: none of that number was passed to this program (in a shell: {descriptor}<FILE).");

        using SecretMemory buffer = SecretMemory.Allocate(MaxBytes + 2);
        int length = 0;
        try
        {
            using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
            while (length < buffer.Length && buffer.Span[..length].IndexOf((byte)'\n') < 0)
            {
                int read = stream.Read(buffer.Span[length..]);
                if (read == 0)
                    break;
                length += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CeremonyException($"The {what} cannot be read from descriptor {descriptor}: {e.Message}", e);
        }

        ReadOnlySpan<byte> line = buffer.Span[..length];
        int end = line.IndexOf((byte)'\n');
        line = end < 0 ? line : line[..end];
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        if (line.Length is 0 or > MaxBytes)
            throw new CeremonyException($"Descriptor {descriptor} holds {(line.IsEmpty ? $"no {what}" : $"more than {MaxBytes} bytes")}.");
        return SecretMemory.CopyOf(line);
    }
}
