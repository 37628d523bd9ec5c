namespace Qos.Nsm;

/// <summary>Why an attestation document is refused. Format: docs/protocol/nsm.md, Attestation document.</summary>
public enum AttestationError
{
    /// <summary>The bytes are not one COSE_Sign1 of the documented shape.</summary>
    InvalidCose,

    /// <summary>The protected header is not exactly {1: -35} (ES384), or the unprotected one is not empty.</summary>
    InvalidHeader,

    /// <summary>The payload is not the documented map.</summary>
    InvalidPayload,

    /// <summary>module_id is empty or too long.</summary>
    InvalidModuleId,

    /// <summary>digest is not SHA384.</summary>
    InvalidDigest,

    /// <summary>timestamp is 0 or no time.</summary>
    InvalidTimestamp,

    /// <summary>Not 1 to 32 PCRs with indices below 32 and 32, 48 or 64 bytes.</summary>
    InvalidPcrs,

    /// <summary>certificate has not 1 to 1,024 bytes.</summary>
    InvalidCertificateSize,

    /// <summary>cabundle is empty or has an entry that has not 1 to 1,024 bytes.</summary>
    InvalidCaBundle,

    /// <summary>public_key has not 1 to 1,024 bytes.</summary>
    InvalidPublicKey,

    /// <summary>user_data has more than 1,024 bytes.</summary>
    InvalidUserData,

    /// <summary>nonce has more than 1,024 bytes.</summary>
    InvalidNonce,

    /// <summary>A certificate is not strict DER of the X.509 profile that is accepted.</summary>
    InvalidCertificate,

    /// <summary>A certificate's key or signature is not ECDSA on P-384 with SHA-384.</summary>
    UnsupportedAlgorithm,

    /// <summary>A certificate has a critical extension that is not understood.</summary>
    UnknownCriticalExtension,

    /// <summary>A certificate's issuer is not the subject of the one above it.</summary>
    NamesNotChained,

    /// <summary>A certificate that signs another is not that of an authority.</summary>
    NotAnAuthority,

    /// <summary>An authority's key usage lacks keyCertSign.</summary>
    MissingKeyCertSign,

    /// <summary>An authority's path length does not allow the certificates below it.</summary>
    PathTooLong,

    /// <summary>The document's certificate is that of an authority.</summary>
    LeafIsAuthority,

    /// <summary>The document's certificate may not sign.</summary>
    LeafCannotSign,

    /// <summary>A certificate is not valid yet at the chosen time.</summary>
    NotYetValid,

    /// <summary>A certificate is not valid any more at the chosen time.</summary>
    Expired,

    /// <summary>A certificate was not signed by the one above it, up to the trust anchor.</summary>
    InvalidChainSignature,

    /// <summary>The document was not signed by its certificate's key.</summary>
    InvalidSignature,
}
