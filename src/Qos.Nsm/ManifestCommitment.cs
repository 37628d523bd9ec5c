using System.Security.Cryptography;
using System.Text;

namespace Qos.Nsm;

/// <summary>
/// What binds an enclave's ephemeral key to its manifest in a PCR: PCR16 for the setup key, PCR17 for the live one; or to its reshare request, in PCR16.
/// Format: docs/protocol/nsm.md, Manifest commitment; reshare.md, Documents.
/// </summary>
public sealed class ManifestCommitment
{
    /// <summary>The PCR that is extended with the setup commitment.</summary>
    public const ushort SetupPcrIndex = 16;

    /// <summary>The PCR that is extended with the live commitment.</summary>
    public const ushort LivePcrIndex = 17;

    private const string ManifestHash = "manifestHash";

    private readonly byte[] _preimage;
    private readonly byte[] _extension;
    private readonly byte[] _pcr;

    private ManifestCommitment(string domain, ushort index, ReadOnlySpan<byte> publicKey, string hashName, ReadOnlySpan<byte> hash)
    {
        // The members are in canonical order and hold only hex, so this is the canonical JSON of the object.
        _preimage = Encoding.ASCII.GetBytes(
            $$"""{"domain":"{{domain}}","ephemeralPublicKey":"{{Convert.ToHexStringLower(publicKey)}}","{{hashName}}":"{{Convert.ToHexStringLower(hash)}}"}""");
        _extension = SHA384.HashData(_preimage);
        _pcr = Nsm.Pcr.Extend(stackalloc byte[Nsm.Pcr.Size], _extension);
        PcrIndex = index;
    }

    /// <summary>The PCR that is extended.</summary>
    public ushort PcrIndex { get; }

    /// <summary>The canonical JSON that is hashed.</summary>
    public ReadOnlySpan<byte> Preimage => _preimage;

    /// <summary>The 48 bytes that a PCR is extended with: SHA-384 of <see cref="Preimage"/>.</summary>
    public ReadOnlySpan<byte> Extension => _extension;

    /// <summary>The 48 bytes of the PCR, extended once from zero.</summary>
    public ReadOnlySpan<byte> Pcr => _pcr;

    /// <summary>The commitment to the setup key, for PCR16.</summary>
    /// <param name="ephemeralPublicKey">The setup key set's public key, 130 bytes.</param>
    /// <param name="manifestHash">The manifest's hash, 32 bytes.</param>
    public static ManifestCommitment Setup(ReadOnlySpan<byte> ephemeralPublicKey, ReadOnlySpan<byte> manifestHash) =>
        new("qos-setup-manifest-pcr-commitment-v1", SetupPcrIndex, ephemeralPublicKey, ManifestHash, manifestHash);

    /// <summary>The commitment to the live key, for PCR17.</summary>
    /// <param name="ephemeralPublicKey">The live key set's public key, 130 bytes.</param>
    /// <param name="manifestHash">The manifest's hash, 32 bytes.</param>
    public static ManifestCommitment Live(ReadOnlySpan<byte> ephemeralPublicKey, ReadOnlySpan<byte> manifestHash) =>
        new("qos-live-manifest-pcr-commitment-v1", LivePcrIndex, ephemeralPublicKey, ManifestHash, manifestHash);

    /// <summary>The commitment to the setup key of a reshare, for PCR16.</summary>
    /// <param name="ephemeralPublicKey">The setup key set's public key, 130 bytes.</param>
    /// <param name="requestHash">The reshare request's hash, 32 bytes.</param>
    public static ManifestCommitment Reshare(ReadOnlySpan<byte> ephemeralPublicKey, ReadOnlySpan<byte> requestHash) =>
        new("qos-reshare-request-pcr-commitment-v1", SetupPcrIndex, ephemeralPublicKey, "requestHash", requestHash);
}
