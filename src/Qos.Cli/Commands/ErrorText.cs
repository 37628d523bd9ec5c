using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A node's refusal: the name that the protocol gives it, then what it means and what to do.</summary>
internal static class ErrorText
{
    /// <summary>One line.</summary>
    public static string Describe(ProtocolError error) => Meaning(error.Code) is { } meaning ? $"{error}. {meaning}" : error.ToString();

    /// <summary>Several of them in one line: the names first, then what they mean, each once.</summary>
    public static string Describe(IReadOnlyList<ProtocolError> errors) =>
        string.Join(". ", (string[])[string.Join("; ", errors), string.Join(' ', errors.Select(static error => Meaning(error.Code)).OfType<string>().Distinct())]);

    private static string? Meaning(ProtocolErrorCode code) => code switch
    {
        ProtocolErrorCode.InvalidPivotHash => "The binary is not the one that the manifest names; boot the binary that was approved.",
        ProtocolErrorCode.NotEnoughApprovals => "Fewer members approved the manifest than its threshold asks for; collect more approvals ('qos manifest envelope' says whose are missing).",
        ProtocolErrorCode.InvalidManifestApproval => "An approval's signature is not over this manifest; have the member approve it again.",
        ProtocolErrorCode.NotManifestSetMember => "An approval is by somebody who is not in the manifest set.",
        ProtocolErrorCode.DuplicateApproval => "A member's approval is there twice; each counts once.",
        ProtocolErrorCode.DuplicateQuorumMember => "A set lists a member, or a member's key, twice; make a new manifest.",
        ProtocolErrorCode.BadShareSetApprovals => "An envelope to boot with has no share set approvals yet.",
        ProtocolErrorCode.NoMatchingRoute => "The node does not do this in its present phase: 'qos node status' shows it, and a node boots or makes a genesis once, so start it anew for another.",
        ProtocolErrorCode.NotShareSetMember => "Only members of the manifest's share set post shares.",
        ProtocolErrorCode.CouldNotVerifyApproval => "The approval's signature is not over the manifest of this node.",
        ProtocolErrorCode.DecryptionFailed => "The share is not encrypted to this node's setup key; re-encrypt it for this node's attestation document.",
        ProtocolErrorCode.InvalidShare => "The share is of another form; take the one of this genesis.",
        ProtocolErrorCode.ReconstructionErrorIncorrectPubKey => "The shares give another key than the one that is named; one of them is of another genesis or reshare.",
        ProtocolErrorCode.LowNonce => "A manifest with a lower nonce is never given the key; have one with a higher nonce approved.",
        ProtocolErrorCode.DifferentManifest => "Another manifest under the same nonce is never given the key; have it approved under a higher one.",
        ProtocolErrorCode.DifferentQuorumKey or ProtocolErrorCode.DifferentManifestSet or ProtocolErrorCode.DifferentNamespaceName
            or ProtocolErrorCode.DifferentPcr3 => "No node forwards its key across this change: boot the new node without --key-forward and post shares.",
        ProtocolErrorCode.InvalidEncryptedQuorumKeySignature =>
            "The file is not what a node of this quorum key exported; export the key again, for this node's attestation document.",
        ProtocolErrorCode.WrongQuorumKey => "What came is another key than the manifest's; see which node exported it, and for whom.",
        ProtocolErrorCode.EnclaveClient => "The host runs and does not reach its enclave: see whether that runs, and what 'curl HOST/readyz' and the host's log say.",
        ProtocolErrorCode.OversizeMsg or ProtocolErrorCode.OversizedPayload =>
            $"The message is larger than a node takes: at most {ProtocolLimits.MaxMessageBytes} bytes (128 MiB), the binary and the manifest together.",
        ProtocolErrorCode.QosAttestError =>
            "The module's registers are locked by an earlier boot: start the enclave anew, and a simulated module (qos-nsm-sim) with it.",
        _ => null,
    };
}
