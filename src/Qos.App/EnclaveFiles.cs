using Qos.Keys;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.App;

/// <summary>The files that the enclave puts in place before it starts its app. Format: docs/protocol/messages.md, Files in the enclave.</summary>
internal static class EnclaveFiles
{
    internal const string Manifest = EnclaveFileNames.Manifest;
    internal const string EphemeralKey = EnclaveFileNames.EphemeralKey;
    internal const string QuorumKey = EnclaveFileNames.QuorumKey;

    // 64 hex characters; what is longer is something else.
    private const int MaxKeyFileBytes = 256;

    internal static ManifestEnvelope ReadManifest(string directory)
    {
        string path = Path.Combine(directory, Manifest);
        try
        {
            return ManifestEnvelopeFormat.Read(ReadBounded(path));
        }
        catch (EncodingException refused)
        {
            throw new QosAppException($"The manifest envelope in {path} cannot be read: {refused.Message}", refused);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new QosAppException(MissingOr(path, failure), failure);
        }
    }

    internal static KeySet ReadKey(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        try
        {
            using SecretMemory content = SecretMemory.Allocate(MaxKeyFileBytes);
            using FileStream file = new(path, new FileStreamOptions { BufferSize = 0 });
            int length = file.ReadAtLeast(content.Span, content.Length, throwOnEndOfStream: false);
            return KeySet.FromHex(content.Span[..length]);
        }
        catch (KeyException refused)
        {
            throw new QosAppException($"The key file {path} cannot be used: {refused.Message}", refused);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new QosAppException(MissingOr(path, failure), failure);
        }
    }

    private static byte[] ReadBounded(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read);
        if (file.Length > ProtocolLimits.MaxEnvelopeBytes)
            throw new QosAppException($"{path} is too long for a manifest envelope.");

        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    private static string MissingOr(string path, Exception failure) => failure is FileNotFoundException or DirectoryNotFoundException
        ? $"There is no {path}: the enclave writes it before it starts its app; outside of one, name the node's directory."
        : $"{path} cannot be read: {failure.Message}";
}
