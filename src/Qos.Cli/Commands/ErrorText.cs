using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A node's refusal: the name that the protocol gives it, then what it means and what to do.</summary>
internal static class ErrorText
{
    /// <summary>One line.</summary>
    public static string Of(ProtocolError error) => Meaning(error.Code) is { } meaning ? $"{error}. {meaning}" : error.ToString();

    private static string? Meaning(ProtocolErrorCode code) => code switch
    {
        ProtocolErrorCode.InvalidPivotHash => "The binary is not the one that the manifest names; boot the binary that was approved.",
        ProtocolErrorCode.NotEnoughApprovals => "Fewer members approved the manifest than its threshold asks for; collect more approvals.",
        ProtocolErrorCode.InvalidManifestApproval => "An approval's signature is not over this manifest; have the member approve it again.",
        ProtocolErrorCode.NotManifestSetMember => "An approval is by somebody who is not in the manifest set.",
        ProtocolErrorCode.DuplicateApproval => "A member's approval is there twice; each counts once.",
        ProtocolErrorCode.DuplicateQuorumMember => "A set lists a member, or a member's key, twice; make a new manifest.",
        ProtocolErrorCode.BadShareSetApprovals => "An envelope to boot with has no share set approvals yet.",
        ProtocolErrorCode.NoMatchingRoute => "The node does not do this in its present phase; 'qos node status' shows it.",
        ProtocolErrorCode.NotShareSetMember => "Only members of the manifest's share set post shares.",
        ProtocolErrorCode.CouldNotVerifyApproval => "The approval's signature is not over the manifest of this node.",
        ProtocolErrorCode.DecryptionFailed => "The share is not encrypted to this node's setup key; re-encrypt it for this node's attestation document.",
        ProtocolErrorCode.InvalidShare => "The share is of another form; take the one of this genesis.",
        ProtocolErrorCode.ReconstructionErrorIncorrectPubKey => "The shares give another key than the manifest's; one of them is of another genesis.",
        ProtocolErrorCode.LowNonce => "A manifest with a lower nonce is never given the key.",
        ProtocolErrorCode.EnclaveClient => "The host does not reach its enclave; see whether it runs.",
        ProtocolErrorCode.OversizeMsg => "The message is larger than a node takes.",
        _ => null,
    };
}
