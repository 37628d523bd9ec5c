using System.Text;
using Qos.Native;
using Qos.Protocol;
using Qos.Serialization;
using Qos.Verify;
using Tmds.Linux;

namespace Qos.Client;

/// <summary>Reads the files of a ceremony: bounded, and with the path in every complaint. Format: docs/protocol/host.md, Client files.</summary>
public static class InputFile
{
    /// <summary>The largest file that is read into memory, in bytes. Pivots are streamed and may be larger.</summary>
    public const long MaxBytes = 64L * 1024 * 1024;

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="CeremonyException">It cannot be read or is too large.</exception>
    public static byte[] Bytes(string path)
    {
        using Stream file = Open(path);
        try
        {
            if (file is { CanSeek: true, Length: > MaxBytes })
                throw new CeremonyException($"{path}: {file.Length} bytes are too many; at most {MaxBytes} are read.");
            return Bytes(file, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Reads a whole file, or standard input when its name is <c>-</c>.</summary>
    /// <exception cref="CeremonyException">It cannot be read or is too large.</exception>
    public static byte[] BytesOrStandardInput(string path)
    {
        if (path != "-")
            return Bytes(path);
        using Stream input = Console.OpenStandardInput();
        return Bytes(input, "standard input");
    }

    /// <summary>Opens a file, or standard input when its name is <c>-</c>, to be read as it comes; who reads sees to the bounds.</summary>
    /// <exception cref="CeremonyException">It cannot be read.</exception>
    public static Stream OpenOrStandardInput(string path)
    {
        if (path == "-")
            return Console.OpenStandardInput();
        return Open(path);
    }

    /// <summary>
    /// Refuses a pipe in a file's place, which may never say anything: whoever put it there would hold the reader up. What the shell and other programs pass is waited for,
    /// as in <c>/dev/stdin</c> and <c>&lt;(…)</c>, and so is a pipe of the reader's own; the same pipes are written into by <see cref="OutputFile"/>.
    /// </summary>
    /// <exception cref="CeremonyException">It is somebody else's pipe, or one that others may write into.</exception>
    public static void RequireOwn(string path)
    {
        try
        {
            NamedFile.RequireOwn(path);
        }
        catch (IOException e)
        {
            throw new CeremonyException(e.Message, e);
        }
    }

    /// <summary>Refuses all but a file, where nobody named it: it was found, or is one of a folder's.</summary>
    /// <exception cref="CeremonyException">It is a pipe or a device.</exception>
    public static void RequirePlain(string path)
    {
        if (LibC.IsSpecialFile(path))
            throw new CeremonyException($"{path} is a pipe or a device, and should be a plain file.");
    }

    /// <summary>Reads a file and understands it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">What makes a value of its bytes; may throw what the formats throw.</param>
    /// <param name="what">What the file should be, for the complaint: "a manifest".</param>
    /// <exception cref="CeremonyException">It cannot be read or is something else.</exception>
    public static T Read<T>(string path, Func<byte[], T> read, string what) => Understand(path, Bytes(path), read, what);

    /// <summary>Understands what was read already.</summary>
    /// <exception cref="CeremonyException">It is something else.</exception>
    public static T Understand<T>(string path, byte[] bytes, Func<byte[], T> read, string what)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read(bytes);
        }
        catch (Exception e) when (e is FormatException or ProtocolException)
        {
            throw new CeremonyException($"{path} is not {what}: {e.Message}", e);
        }
    }

    /// <summary>Reads a manifest of any version.</summary>
    public static Manifest Manifest(string path) => Read(
        path,
        static bytes => ReadOr(bytes, static bytes => ManifestFormat.Read(bytes), static bytes => ManifestEnvelopeFormat.Read(bytes), "it is a manifest envelope, whose manifest is only a part of it; name the manifest"),
        "a manifest");

    /// <summary>Reads a manifest envelope of any version.</summary>
    public static ManifestEnvelope ManifestEnvelope(string path) => ManifestEnvelope(path, Bytes(path));

    /// <summary>Understands a manifest envelope that was read already.</summary>
    public static ManifestEnvelope ManifestEnvelope(string path, byte[] bytes) =>
        Understand(
            path,
            bytes,
            static bytes => ReadOr(bytes, static bytes => ManifestEnvelopeFormat.Read(bytes), static bytes => ManifestFormat.Read(bytes), "it is a manifest; 'qos manifest envelope' makes an envelope of it and its approvals"),
            "a manifest envelope");

    /// <summary>Reads an attestation document as it is, or as base64, hex or a JSON string of either, which tools make of it.</summary>
    public static byte[] Document(string path) => Read(path, static bytes => AttestationInput.Decode(bytes), "an attestation document");

    /// <summary>Reads a small text file, without the white space at its ends.</summary>
    public static string Text(string path) => Read(path, static bytes => Encoding.UTF8.GetString(bytes).Trim(), "text");

    /// <summary>Reads bytes that a file holds as hex.</summary>
    public static byte[] Hexadecimal(string path, int length, string what) => Hexadecimal(path, Bytes(path), length, what);

    /// <summary>Understands bytes in hex that were read already.</summary>
    public static byte[] Hexadecimal(string path, byte[] content, int length, string what) => Understand(
        path,
        content,
        bytes =>
        {
            byte[] value = Hex.Decode(Encoding.UTF8.GetString(bytes).AsSpan().Trim());
            return value.Length == length
                ? value
                : throw new EncodingException($"it has {value.Length} bytes, and {what} has {length}", 0);
        },
        what);

    /// <summary>
    /// The files of a folder whose names end so, in the order of their names; without what a Mac puts beside a file. Who names a pipe means to wait for it; one among a
    /// folder's files is refused, because whoever put it there would say for how long.
    /// </summary>
    /// <exception cref="CeremonyException">One is a pipe or a device.</exception>
    internal static IReadOnlyList<string> Of(string folder, string suffix)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder, "*" + suffix)
                .Where(static path => !Path.GetFileName(path).StartsWith("._", StringComparison.Ordinal))
                .OrderBy(static path => Path.GetFileName(path), StringComparer.Ordinal),
        ];
        return Array.Find(files, LibC.IsSpecialFile) is { } special
            ? throw new CeremonyException($"{special} is a pipe or a device; the files of {folder} are plain ones.")
            : files;
    }

    // What the other format reads is named as that.
    private static T ReadOr<T, TOther>(byte[] bytes, Func<byte[], T> read, Func<byte[], TOther> other, string complaint)
    {
        try
        {
            return read(bytes);
        }
        catch (Exception e) when ((e is FormatException or ProtocolException) && CanRead(bytes, other))
        {
            throw new FormatException(complaint, e);
        }
    }

    private static bool CanRead<T>(byte[] bytes, Func<byte[], T> read)
    {
        try
        {
            read(bytes);
            return true;
        }
        catch (Exception e) when (e is FormatException or ProtocolException)
        {
            return false;
        }
    }

    internal static FileStream Open(string path)
    {
        RequireOwn(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    // The length that a device or a pipe tells is not the length that it has.
    private static byte[] Bytes(Stream stream, string name)
    {
        using var bytes = new MemoryStream(stream.CanSeek ? (int)Math.Min(stream.Length, MaxBytes) : 0);
        byte[] piece = new byte[64 * 1024];
        for (int read; (read = stream.Read(piece)) > 0;)
        {
            if (bytes.Length + read > MaxBytes)
                throw new CeremonyException($"{name}: more than {MaxBytes} bytes are too many.");
            bytes.Write(piece, 0, read);
        }

        return bytes.ToArray();
    }

    internal static CeremonyException Unreadable(string path, Exception e) => new(NamedFile.Unreadable(path, e), e);
}
