namespace Qos.Protocol;

/// <summary>The schema that a manifest is written in; it decides what its hash is taken over. Format: docs/protocol/manifest.md.</summary>
public enum ManifestVersion
{
    /// <summary>The oldest schema: its pivot has only a hash, a restart policy and arguments. Hashed over Borsh.</summary>
    V0 = 0,

    /// <summary>V0 with bridges and debug mode. Hashed over Borsh.</summary>
    V1 = 1,

    /// <summary>The schema that is written today, with environment and resolvers. Hashed over canonical JSON.</summary>
    V2 = 2,
}
