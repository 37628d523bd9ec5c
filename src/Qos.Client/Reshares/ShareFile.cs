using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Qos.Client;

/// <summary>A member's share as a file: a public-key envelope to the member's own key. Format: docs/protocol/host.md, Client files.</summary>
public static class ShareFile
{
    private const int NonceAndSender = 12 + 65;
    private const int Ciphertext = 33 + 16;
    private const int Length = NonceAndSender + sizeof(uint) + Ciphertext;

    /// <summary>Refuses a file that is no encrypted share, so that nothing else is destroyed by a slip.</summary>
    /// <returns>SHA-256 of the file, in hex.</returns>
    /// <exception cref="CeremonyException">It is something else, a link, or not there.</exception>
    public static string Require(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
            throw new CeremonyException($"{path} is a symbolic link: name the file itself.");
        InputFile.RequirePlain(path);
        byte[] bytes = InputFile.Bytes(path);
        return bytes.Length == Length && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(NonceAndSender)) == Ciphertext
            ? Convert.ToHexStringLower(SHA256.HashData(bytes))
            : throw new CeremonyException($"{path} is no encrypted share, so it is not destroyed: a share has {Length} bytes.");
    }

    /// <summary>Overwrites the file where it lies, waits for the disk, and removes it.</summary>
    /// <exception cref="CeremonyException">It cannot be written; it is still there.</exception>
    public static void Destroy(string path)
    {
        Require(path);
        try
        {
            using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 }))
            {
                foreach (byte[] pass in (byte[][])[RandomNumberGenerator.GetBytes(Length), new byte[Length]])
                {
                    stream.Position = 0;
                    stream.Write(pass);
                    stream.Flush(flushToDisk: true);
                }
            }

            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CeremonyException($"{path} cannot be destroyed: {e.Message}", e);
        }
    }
}
