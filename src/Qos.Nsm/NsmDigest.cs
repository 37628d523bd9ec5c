namespace Qos.Nsm;

/// <summary>The hash function of a PCR bank, in the order of the Borsh indices. Nitro's is SHA-384. Format: docs/protocol/nsm.md, Device.</summary>
public enum NsmDigest
{
    /// <summary>SHA-256, PCRs of 32 bytes.</summary>
    Sha256,

    /// <summary>SHA-384, PCRs of 48 bytes.</summary>
    Sha384,

    /// <summary>SHA-512, PCRs of 64 bytes.</summary>
    Sha512,
}
