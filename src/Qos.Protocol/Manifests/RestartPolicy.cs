namespace Qos.Protocol;

/// <summary>What happens when the pivot exits. The values are the Borsh indices. Format: docs/protocol/manifest.md.</summary>
public enum RestartPolicy
{
    /// <summary>The enclave ends.</summary>
    Never = 0,

    /// <summary>The pivot is started again.</summary>
    Always = 1,
}
