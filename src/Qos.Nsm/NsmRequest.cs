namespace Qos.Nsm;

/// <summary>A request to the Nitro Secure Module. Format: docs/protocol/nsm.md, Device.</summary>
public abstract record NsmRequest
{
    /// <summary>The longest request that the device takes, in bytes of CBOR.</summary>
    public const int MaxSize = 0x1000;

    private NsmRequest()
    {
    }

    /// <summary>Asks for version, module and PCR locks.</summary>
    public sealed record DescribeNsm : NsmRequest;

    /// <summary>Asks for one PCR's value and lock.</summary>
    /// <param name="Index">The PCR's number.</param>
    public sealed record DescribePcr(ushort Index) : NsmRequest;

    /// <summary>Extends a PCR: new = SHA384(old || data).</summary>
    /// <param name="Index">The PCR's number.</param>
    /// <param name="Data">The bytes to extend it with.</param>
    public sealed record ExtendPcr(ushort Index, ReadOnlyMemory<byte> Data) : NsmRequest;

    /// <summary>Locks one PCR until the enclave ends.</summary>
    /// <param name="Index">The PCR's number.</param>
    public sealed record LockPcr(ushort Index) : NsmRequest;

    /// <summary>Locks the PCRs from 0 up to, not including, <paramref name="Range"/>.</summary>
    /// <param name="Range">How many PCRs to lock.</param>
    public sealed record LockPcrs(ushort Range) : NsmRequest;

    /// <summary>Asks for a signed attestation document over the locked PCRs and these fields.</summary>
    /// <param name="UserData">Up to 512 bytes, or null.</param>
    /// <param name="Nonce">Up to 512 bytes, or null.</param>
    /// <param name="PublicKey">1 to 1,024 bytes, or null.</param>
    public sealed record Attestation(
        ReadOnlyMemory<byte>? UserData = null,
        ReadOnlyMemory<byte>? Nonce = null,
        ReadOnlyMemory<byte>? PublicKey = null) : NsmRequest;

    /// <summary>Asks for up to 256 random bytes.</summary>
    public sealed record GetRandom : NsmRequest;
}
