namespace Qos.Verify;

/// <summary>The steps of a document's verification, in their order. Format: docs/protocol/nsm.md, Verification.</summary>
public enum AttestationStep
{
    /// <summary>Every certificate is strict DER of the accepted profile.</summary>
    Certificates,

    /// <summary>Names are chained from the trust anchor down, authorities may sign what is below them, the leaf is not an authority.</summary>
    Chain,

    /// <summary>Every certificate is valid at the chosen time.</summary>
    Validity,

    /// <summary>Every certificate is signed by the one above it, up to the trust anchor.</summary>
    ChainSignatures,

    /// <summary>The document is signed by its certificate's key.</summary>
    Signature,
}
