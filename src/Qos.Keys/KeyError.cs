namespace Qos.Keys;

/// <summary>
/// What was wrong with a key, an envelope or a signature. Names and order are those of the wire (the value is the Borsh index).
/// Format: docs/protocol/messages.md, Messages.
/// </summary>
public enum KeyError
{
    /// <summary>A hex text was not hex; carries a text.</summary>
    QosHex = 0,

    /// <summary>A key file could not be read or written; carries a text.</summary>
    IOError = 1,

    /// <summary>An envelope could not be written.</summary>
    FailedToSerializeEnvelope = 2,

    /// <summary>An envelope could not be read. Ours answers <see cref="AesGcm256DecryptError"/> instead, for every failure alike.</summary>
    FailedToDeserializeEnvelope = 3,

    /// <summary>An envelope did not decrypt.</summary>
    AesGcm256DecryptError = 4,

    /// <summary>A plaintext could not be encrypted.</summary>
    AesGcm256EncryptError = 5,

    /// <summary>The cipher could not be made.</summary>
    FailedToCreateAes256GcmCipher = 6,

    /// <summary>A sender's public key was no point.</summary>
    FailedToDeserializePublicKey = 7,

    /// <summary>A public key had the wrong length.</summary>
    FailedToCoercePublicKeyToIntendedLength = 8,

    /// <summary>A nonce had the wrong length.</summary>
    FailedToCoerceNonceToIntendedLength = 9,

    /// <summary>A signature was not 64 bytes of two numbers in range.</summary>
    FailedToDeserializeSignature = 10,

    /// <summary>A signature did not verify.</summary>
    FailedSignatureVerification = 11,

    /// <summary>A derived secret was no P-256 scalar.</summary>
    FailedToReadSecret = 12,

    /// <summary>The bytes were no uncompressed point on the curve.</summary>
    FailedToReadPublicKey = 13,

    /// <summary>A public key was longer than 130 bytes.</summary>
    EncodedPublicKeyTooLong = 14,

    /// <summary>A public key was shorter than 130 bytes.</summary>
    EncodedPublicKeyTooShort = 15,

    /// <summary>HKDF failed.</summary>
    HkdfExpansionFailed = 16,

    /// <summary>A seed's file was not UTF-8.</summary>
    MasterSeedInvalidUtf8 = 17,

    /// <summary>A seed had not 32 bytes.</summary>
    MasterSeedInvalidLength = 18,

    /// <summary>A seed's file held something else than 64 hex characters.</summary>
    InvalidMasterSeed = 19,

    /// <summary>A length did not fit one byte.</summary>
    CannotCoerceLenToU8 = 20,
}
