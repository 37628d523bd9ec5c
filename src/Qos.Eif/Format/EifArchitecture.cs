namespace Qos.Eif;

/// <summary>The processor that an image's kernel is for: bit 0 of the header's flags. Format: docs/protocol/eif.md, File.</summary>
public enum EifArchitecture
{
    /// <summary>Intel and AMD, the bit is clear.</summary>
    X64,

    /// <summary>Graviton, the bit is set.</summary>
    Arm64,
}
