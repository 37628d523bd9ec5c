using System.Diagnostics.CodeAnalysis;

namespace Qos.Nsm;

/// <summary>An answer of the Nitro Secure Module. Format: docs/protocol/nsm.md, Device.</summary>
public abstract record NsmResponse
{
    /// <summary>The size of the buffer for the device's answer, in bytes of CBOR.</summary>
    public const int MaxSize = 0x3000;

    private NsmResponse()
    {
    }

    /// <summary>One PCR.</summary>
    /// <param name="Lock">Whether it is locked.</param>
    /// <param name="Data">Its value, 48 bytes for SHA-384.</param>
    public sealed record DescribePcr(bool Lock, ReadOnlyMemory<byte> Data) : NsmResponse;

    /// <summary>The PCR was extended.</summary>
    /// <param name="Data">Its new value.</param>
    public sealed record ExtendPcr(ReadOnlyMemory<byte> Data) : NsmResponse;

    /// <summary>The PCR was locked.</summary>
    public sealed record LockPcr : NsmResponse;

    /// <summary>The PCRs were locked.</summary>
    public sealed record LockPcrs : NsmResponse;

    /// <summary>The module's description.</summary>
    /// <param name="VersionMajor">Version of the module's API, first part.</param>
    /// <param name="VersionMinor">Second part.</param>
    /// <param name="VersionPatch">Third part.</param>
    /// <param name="ModuleId">The module's name, which is also in its attestation documents.</param>
    /// <param name="MaxPcrs">How many PCRs there are.</param>
    /// <param name="LockedPcrs">The indices of the locked ones, ascending.</param>
    /// <param name="Digest">The PCRs' hash function.</param>
    public sealed record DescribeNsm(
        ushort VersionMajor,
        ushort VersionMinor,
        ushort VersionPatch,
        string ModuleId,
        ushort MaxPcrs,
        IReadOnlyList<ushort> LockedPcrs,
        NsmDigest Digest) : NsmResponse;

    /// <summary>A signed attestation document.</summary>
    /// <param name="Document">The COSE_Sign1.</param>
    public sealed record Attestation(ReadOnlyMemory<byte> Document) : NsmResponse;

    /// <summary>Random bytes.</summary>
    /// <param name="Random">1 to 256 bytes.</param>
    public sealed record GetRandom(ReadOnlyMemory<byte> Random) : NsmResponse;

    /// <summary>The module refused.</summary>
    /// <param name="Code">Why.</param>
    [SuppressMessage("Naming", "CA1716", Justification = "The module's API gives the variant this name.")]
    public sealed record Error(NsmError Code) : NsmResponse;
}
