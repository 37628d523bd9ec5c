using System.Diagnostics.CodeAnalysis;

namespace Qos.Protocol;

/// <summary>Phases as text. Format: docs/protocol/messages.md, Messages.</summary>
public static class PhaseText
{
    /// <summary>The wire's name, in PascalCase.</summary>
    public static string Format(ProtocolPhase phase) => phase switch
    {
        ProtocolPhase.UnrecoverableError => "UnrecoverableError",
        ProtocolPhase.WaitingForBootInstruction => "WaitingForBootInstruction",
        ProtocolPhase.GenesisBooted => "GenesisBooted",
        ProtocolPhase.WaitingForQuorumShards => "WaitingForQuorumShards",
        ProtocolPhase.QuorumKeyProvisioned => "QuorumKeyProvisioned",
        ProtocolPhase.WaitingForForwardedKey => "WaitingForForwardedKey",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "not a phase"),
    };

    /// <summary>Reads a name in PascalCase or camelCase.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProtocolPhase? phase)
    {
        phase = text switch
        {
            "UnrecoverableError" or "unrecoverableError" => ProtocolPhase.UnrecoverableError,
            "WaitingForBootInstruction" or "waitingForBootInstruction" => ProtocolPhase.WaitingForBootInstruction,
            "GenesisBooted" or "genesisBooted" => ProtocolPhase.GenesisBooted,
            "WaitingForQuorumShards" or "waitingForQuorumShards" => ProtocolPhase.WaitingForQuorumShards,
            "QuorumKeyProvisioned" or "quorumKeyProvisioned" => ProtocolPhase.QuorumKeyProvisioned,
            "WaitingForForwardedKey" or "waitingForForwardedKey" => ProtocolPhase.WaitingForForwardedKey,
            _ => null,
        };
        return phase is not null;
    }
}
