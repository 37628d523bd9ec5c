using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>
/// The published pivot, opened once, protected from writers, and hashed through the descriptor that will be started: the bytes that were
/// hashed are the bytes that run. Format: docs/protocol/messages.md, The pivot.
/// </summary>
/// <remarks>
/// Renaming another file over the path changes nothing, since exec takes the descriptor. Writing into the file needs a writable
/// descriptor: while the read lease is held the kernel gives none to anybody, and grants no lease while one is open; from exec on it
/// refuses writers itself (ETXTBSY).
/// </remarks>
internal sealed class PivotProgram : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private PivotProgram(SafeFileHandle file, ReadOnlyMemory<byte> head)
    {
        File = file;
        Head = head;
    }

    /// <summary>The file that was hashed.</summary>
    public SafeFileHandle File { get; }

    /// <summary>Whether the file starts with <c>#!</c> and an interpreter will open it again by its path.</summary>
    public bool IsScript => Head.Span.StartsWith("#!"u8);

    /// <summary>The file's first bytes.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    /// <summary>Opens the pivot and compares its bytes with the manifest's hash.</summary>
    /// <exception cref="PivotProgramException">It is missing, open for writing somewhere, or not what the manifest says.</exception>
    public static PivotProgram Open(string path, ReadOnlySpan<byte> sha256)
    {
        SafeFileHandle file;
        try
        {
            file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PivotProgramException($"the pivot {path} cannot be opened: {e.Message}");
        }

        try
        {
            Lease(file, path);
            byte[] actual = Hash(file, path, out byte[] head);
            if (!actual.AsSpan().SequenceEqual(sha256))
            {
                throw new PivotProgramException(
                    $"the pivot {path} is not the one in the manifest: its SHA-256 is {Convert.ToHexStringLower(actual)}, " +
                    $"the manifest says {Convert.ToHexStringLower(sha256)}");
            }

            return new PivotProgram(file, head);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Ends the lease.</summary>
    public void Dispose() => File.Dispose();

    private static void Lease(SafeFileHandle file, string path)
    {
        int descriptor = (int)file.DangerousGetHandle();

        // Opening the file for writing breaks the lease and raises a signal; the default, SIGIO, would end this process, SIGURG is ignored.
        if (LibC.fcntl(descriptor, LibC.F_SETSIG, LibC.SIGURG) == 0 &&
            LibC.fcntl(descriptor, LibC.F_SETLEASE, LibC.F_RDLCK) == 0)
            return;

        int error = Marshal.GetLastPInvokeError();
        throw new PivotProgramException(error == LibC.EAGAIN
            ? $"the pivot {path} is open for writing somewhere, so what was hashed would not be what runs"
            : $"the pivot {path} cannot be protected from writers (file lease: {Marshal.GetPInvokeErrorMessage(error)}): " +
              "put the folder on a local file system, owned by the user that runs the enclave");
    }

    private static byte[] Hash(SafeFileHandle file, string path, out byte[] head)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        head = [];
        try
        {
            for (long offset = 0; ;)
            {
                int read = RandomAccess.Read(file, buffer, offset);
                if (read == 0)
                    return hash.GetHashAndReset();
                if (offset == 0)
                    head = buffer[..Math.Min(read, PivotExecutable.HeaderLength)];
                hash.AppendData(buffer, 0, read);
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new PivotProgramException($"the pivot {path} cannot be read: {e.Message}", isPermanent: false);
        }
    }
}
