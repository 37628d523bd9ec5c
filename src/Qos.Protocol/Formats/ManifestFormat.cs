using System.Security.Cryptography;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Manifests as files: reading any version in any of its forms, writing the stored form. Format: docs/protocol/manifest.md.</summary>
public static class ManifestFormat
{
    /// <summary>
    /// Reads a manifest: JSON that declares a version must be V2; JSON that does not is V1 or V0 by its shape; what is not JSON is
    /// Borsh V1 or V0, and an error when both fit.
    /// </summary>
    /// <exception cref="EncodingException">It is none of these.</exception>
    public static Manifest Read(ReadOnlySpan<byte> bytes)
    {
        FormatChoice.RequireSize(bytes.Length);
        if (FormatChoice.LooksLikeJson(bytes))
        {
            var reader = new QosJsonReader(bytes);
            Manifest manifest = ManifestJson.Read(ref reader);
            reader.End();
            return manifest;
        }

        return FormatChoice.OneOfBorsh(bytes, ReadBorsh);
    }

    /// <summary>Writes the stored form: canonical JSON for V2, plain JSON in declaration order for V1 and V0.</summary>
    public static byte[] Write(Manifest manifest) => manifest.Version == ManifestVersion.V2
        ? JsonMembers.Canonical(manifest, ManifestJson.Write)
        : JsonMembers.Plain(manifest, ManifestJson.Write);

    /// <summary>The bytes that the manifest's hash is taken over: canonical JSON for V2, Borsh for V1 and V0.</summary>
    public static byte[] HashedBytes(Manifest manifest) => manifest.Version == ManifestVersion.V2
        ? JsonMembers.Canonical(manifest, ManifestJson.Write)
        : BorshLists.Encode(manifest, ManifestBorsh.Write);

    /// <summary>The Borsh form of a V1 or V0 manifest, as old tools store it.</summary>
    /// <exception cref="InvalidOperationException">The manifest is V2.</exception>
    public static byte[] WriteBorsh(Manifest manifest) => BorshLists.Encode(manifest, ManifestBorsh.Write);

    /// <summary>
    /// A V0 manifest as V1, without bridges and debug mode, as the reference's conversion to Borsh has it. Its hash is another one,
    /// so approvals of the V0 manifest do not hold for it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The manifest is V2.</exception>
    public static Manifest ToV1(Manifest manifest) => manifest.Version == ManifestVersion.V2
        ? throw new InvalidOperationException("A V2 manifest cannot be made older.")
        : manifest with { Version = ManifestVersion.V1 };

    /// <summary>SHA-256 over <see cref="HashedBytes"/>, 32 bytes.</summary>
    public static byte[] Hash(Manifest manifest) => SHA256.HashData(HashedBytes(manifest));

    private static Manifest ReadBorsh(ReadOnlySpan<byte> bytes, ManifestVersion version)
    {
        var reader = new BorshReader(bytes);
        Manifest manifest = ManifestBorsh.Read(ref reader, version);
        reader.End();
        return manifest;
    }
}
