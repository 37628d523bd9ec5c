namespace Qos.Protocol;

/// <summary>The files through which a node and its pivot meet. Format: docs/protocol/messages.md, Files in the enclave.</summary>
public static class EnclaveFileNames
{
    /// <summary>The manifest envelope in its stored form.</summary>
    public const string Manifest = "qos.manifest";

    /// <summary>The pivot's binary.</summary>
    public const string Pivot = "qos.pivot.bin";

    /// <summary>The ephemeral key's seed, 64 hex characters.</summary>
    public const string EphemeralKey = "qos.ephemeral.key";

    /// <summary>The quorum key's seed, 64 hex characters.</summary>
    public const string QuorumKey = "qos.quorum.key";
}
