namespace Qos.Protocol;

/// <summary>
/// How large anything that is read may be: so generous that nothing that can boot is refused, so tight that hostile input stays
/// small. Format: docs/protocol/manifest.md and messages.md; where they are silent, <c>docs/protocol-notes.md</c>.
/// </summary>
public static class ProtocolLimits
{
    /// <summary>Bytes of a wire message, 128 MiB.</summary>
    public const int MaxMessageBytes = 128 * 1024 * 1024;

    /// <summary>
    /// Bytes of a stored manifest or envelope, 16 MiB. Whatever can be handed to a program (2 MiB at most) fits in it.
    /// </summary>
    public const int MaxEnvelopeBytes = 16 * 1024 * 1024;

    /// <summary>Members of a set. A share set cannot have more than 255.</summary>
    public const int MaxMembers = 1024;

    /// <summary>Approvals of one kind in an envelope.</summary>
    public const int MaxApprovals = 1024;

    /// <summary>Bytes of an alias, a namespace's name, a commit, a host name.</summary>
    public const int MaxNameBytes = 4096;

    /// <summary>Bytes of a public key as read; a valid one has 130.</summary>
    public const int MaxKeyBytes = 1024;

    /// <summary>Bytes of a signature as read; a valid one has 64.</summary>
    public const int MaxSignatureBytes = 1024;

    /// <summary>Bytes of a PCR as read; a valid one has 48.</summary>
    public const int MaxPcrBytes = 1024;

    /// <summary>Bytes of a root certificate.</summary>
    public const int MaxCertificateBytes = 64 * 1024;

    /// <summary>Arguments of a pivot as read: more could not reach it even if they were empty, for the pointers to them.</summary>
    public const int MaxArgs = 262_144;

    /// <summary>Bytes of one argument as read; one that reaches the pivot has less than 128 KiB.</summary>
    public const int MaxArgBytes = 1024 * 1024;

    /// <summary>Bridges of a pivot: there are no more ports.</summary>
    public const int MaxBridges = 65_535;

    /// <summary>Name servers.</summary>
    public const int MaxResolvers = 1024;

    /// <summary>Environment variables that a pivot may have. Format: docs/protocol/manifest.md.</summary>
    public const int MaxEnvironmentVariables = 512;

    /// <summary>Bytes of a variable's name. Format: docs/protocol/manifest.md.</summary>
    public const int MaxEnvironmentNameBytes = 1024;

    /// <summary>Bytes of a variable's value. Format: docs/protocol/manifest.md.</summary>
    public const int MaxEnvironmentValueBytes = 65_536;

    /// <summary>Variables as read, so that too many can be told apart from nonsense.</summary>
    public const int MaxEnvironmentVariablesRead = 4096;

    /// <summary>Bytes of a variable's name or value as read.</summary>
    public const int MaxEnvironmentBytesRead = 1024 * 1024;

    /// <summary>Bytes of an encrypted share, an encrypted key or a wrapped key.</summary>
    public const int MaxEncryptedBytes = 64 * 1024;

    /// <summary>Bytes of an attestation document; NSM's answers have at most 12 KiB.</summary>
    public const int MaxDocumentBytes = 64 * 1024;

    /// <summary>Bytes of a text inside an error.</summary>
    public const int MaxTextBytes = 64 * 1024;

    /// <summary>Shares in a recovery permutation, and permutations, of an old genesis output.</summary>
    public const int MaxRecoveryPermutations = 65_536;

    /// <summary>Bytes of one argument or <c>NAME=value</c> with its closing NUL that Linux hands to a program (MAX_ARG_STRLEN).</summary>
    public const int MaxExecStringBytes = 131_072;

    /// <summary>
    /// Bytes of all arguments and variables, with a NUL and a pointer for each, that Linux hands to a program under the usual stack
    /// limit of 8 MiB (a quarter of it), less a page for what the kernel adds.
    /// </summary>
    public const int MaxExecTotalBytes = (2 * 1024 * 1024) - 4096;
}
