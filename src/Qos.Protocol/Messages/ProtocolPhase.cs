namespace Qos.Protocol;

/// <summary>Where a node stands in its life. The values are the Borsh indices. Format: docs/protocol/messages.md, Phases and routes.</summary>
public enum ProtocolPhase
{
    /// <summary>An irreversible step failed half-way; only a new enclave helps.</summary>
    UnrecoverableError = 0,

    /// <summary>Nothing has happened yet.</summary>
    WaitingForBootInstruction = 1,

    /// <summary>A genesis was run; this node does nothing else.</summary>
    GenesisBooted = 2,

    /// <summary>Booted, waiting for shares of the quorum key.</summary>
    WaitingForQuorumShards = 3,

    /// <summary>The quorum key is there and the pivot runs.</summary>
    QuorumKeyProvisioned = 4,

    /// <summary>Booted, waiting for the key from another node.</summary>
    WaitingForForwardedKey = 5,
}
