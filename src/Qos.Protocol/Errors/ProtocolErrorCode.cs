namespace Qos.Protocol;

/// <summary>
/// What went wrong, as it goes over the wire: the name is the JSON form, the value the Borsh index.
/// Format: docs/protocol/messages.md, Errors.
/// </summary>
public enum ProtocolErrorCode
{
    /// <summary>A share is not one of this quorum key or cannot be decrypted.</summary>
    InvalidShare = 0,

    /// <summary>The shares together make nothing.</summary>
    ReconstructionErrorEmptySecret = 1,

    /// <summary>The shares together make another key than the manifest's.</summary>
    ReconstructionErrorIncorrectPubKey = 2,

    /// <summary>A file could not be read or written.</summary>
    IOError = 3,

    /// <summary>An approval's signature does not verify; carries the approval.</summary>
    InvalidManifestApproval = 4,

    /// <summary>Fewer distinct members approved than the threshold asks for.</summary>
    NotEnoughApprovals = 5,

    /// <summary>The message is not allowed in this phase; carries the phase.</summary>
    NoMatchingRoute = 6,

    /// <summary>The pivot is not the manifest's; carries both hashes.</summary>
    InvalidPivotHash = 7,

    /// <summary>The message is longer than the limit.</summary>
    OversizeMsg = 8,

    /// <summary>The message cannot be expressed or is not a request.</summary>
    InvalidMsg = 9,

    /// <summary>The enclave could not be reached.</summary>
    EnclaveClient = 10,

    /// <summary>Something could not be decrypted.</summary>
    DecryptionFailed = 11,

    /// <summary>A private key could not be made.</summary>
    InvalidPrivateKey = 12,

    /// <summary>A text is not a value of its type.</summary>
    FailedToParseFromString = 13,

    /// <summary>A key path that is only for tests.</summary>
    BadEphemeralKeyPath = 14,

    /// <summary>A file that is written once exists already.</summary>
    CannotModifyPostPivotStatic = 15,

    /// <summary>The ephemeral key could not be read; carries the key error.</summary>
    FailedToGetEphemeralKey = 16,

    /// <summary>The ephemeral key could not be written.</summary>
    FailedToPutEphemeralKey = 17,

    /// <summary>There is no ephemeral key to replace.</summary>
    CannotRotateNonExistentEphemeralKey = 18,

    /// <summary>The ephemeral key could not be replaced; carries a text.</summary>
    CannotDeleteEphemeralKey = 19,

    /// <summary>The quorum key could not be read; carries the key error.</summary>
    FailedToGetQuorumKey = 20,

    /// <summary>The quorum key could not be written.</summary>
    FailedToPutQuorumKey = 21,

    /// <summary>There is no manifest envelope, or it cannot be read.</summary>
    FailedToGetManifestEnvelope = 22,

    /// <summary>The manifest envelope could not be written.</summary>
    FailedToPutManifestEnvelope = 23,

    /// <summary>The pivot could not be written.</summary>
    FailedToPutPivot = 24,

    /// <summary>The app did not answer in time.</summary>
    AppClientRecvTimeout = 25,

    /// <summary>Waiting for the app was interrupted.</summary>
    AppClientRecvInterrupted = 26,

    /// <summary>The app closed the connection.</summary>
    AppClientRecvConnectionClosed = 27,

    /// <summary>The app could not be reached; carries a text.</summary>
    AppClientConnectError = 28,

    /// <summary>The app could not be sent to; carries a text.</summary>
    AppClientSendError = 29,

    /// <summary>Another failure towards the app; carries a text.</summary>
    AppClientError = 30,

    /// <summary>A payload is longer than the limit.</summary>
    OversizedPayload = 31,

    /// <summary>The bytes are no message in either encoding.</summary>
    ProtocolMsgDeserialization = 32,

    /// <summary>The envelope carries share set approvals where none may be.</summary>
    BadShareSetApprovals = 33,

    /// <summary>A share set member's approval does not verify.</summary>
    CouldNotVerifyApproval = 34,

    /// <summary>The approving member is not in the share set.</summary>
    NotShareSetMember = 35,

    /// <summary>The approving member is not in the manifest set.</summary>
    NotManifestSetMember = 36,

    /// <summary>A key operation failed; carries the key error.</summary>
    P256Error = 37,

    /// <summary>The disaster-recovery key is not one; carries the key error.</summary>
    InvalidP256DRKey = 38,

    /// <summary>A secret has another length than a seed's.</summary>
    IncorrectSecretLen = 39,

    /// <summary>Attestation failed; carries a text.</summary>
    QosAttestError = 40,

    /// <summary>Another quorum key; carries both in hex.</summary>
    DifferentQuorumKey = 41,

    /// <summary>Another manifest set; carries both hashes in hex.</summary>
    DifferentManifestSet = 42,

    /// <summary>Another namespace; carries both names.</summary>
    DifferentNamespaceName = 43,

    /// <summary>A lower nonce; carries both.</summary>
    LowNonce = 44,

    /// <summary>Another PCR3; carries both in hex.</summary>
    DifferentPcr3 = 45,

    /// <summary>The attestation document has no public key.</summary>
    MissingEphemeralKey = 46,

    /// <summary>The attestation document's public key is not one.</summary>
    InvalidEphemeralKey = 47,

    /// <summary>The encrypted quorum key is not signed by the quorum key.</summary>
    InvalidEncryptedQuorumKeySignature = 48,

    /// <summary>The decrypted quorum key has another length than a seed's.</summary>
    EncryptedQuorumKeyInvalidLen = 49,

    /// <summary>The decrypted quorum key is not one.</summary>
    InvalidQuorumSecret = 50,

    /// <summary>The decrypted quorum key is another than the manifest's.</summary>
    WrongQuorumKey = 51,

    /// <summary>A phase that cannot follow; carries both.</summary>
    InvalidStateTransition = 52,

    /// <summary>A member approved more than once.</summary>
    DuplicateApproval = 53,

    /// <summary>Same nonce, another manifest; carries both hashes in hex.</summary>
    DifferentManifest = 54,

    /// <summary>Another cryptographic failure; carries a text.</summary>
    QosCrypto = 55,

    /// <summary>The connections could not be widened.</summary>
    PoolExpandError = 56,

    /// <summary>The pivot's environment breaks its limits; carries a text.</summary>
    InvalidPivotEnv = 57,

    /// <summary>The live key is missing.</summary>
    MissingLiveEphemeralKey = 58,

    /// <summary>Two members share an alias, a signing point or an encryption point.</summary>
    DuplicateQuorumMember = 59,

    /// <summary>Genesis is not spoken in Borsh.</summary>
    LegacyGenesisNotSupported = 60,
}
