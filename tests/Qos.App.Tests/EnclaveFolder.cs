using Qos.Keys;
using Qos.Protocol;

namespace Qos.App.Tests;

/// <summary>A folder with the files that an enclave writes, as an app finds them.</summary>
internal sealed class EnclaveFolder : IDisposable
{
    private readonly List<EnclaveFolder> _others = [];

    public EnclaveFolder(ManifestEnvelope? envelope = null, KeySet? quorum = null)
    {
        Quorum = quorum ?? KeySet.Generate(SystemRandomSource.Instance);
        Envelope = envelope ?? NewEnvelope(Quorum.PublicKey);
        File.WriteAllBytes(PathOf("qos.manifest"), ManifestEnvelopeFormat.Write(Envelope));
        WriteKey("qos.ephemeral.key", Ephemeral);
        WriteKey("qos.quorum.key", Quorum);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("qos-app-").FullName;

    public KeySet Quorum { get; }

    public KeySet Ephemeral { get; } = KeySet.Generate(SystemRandomSource.Instance);

    public ManifestEnvelope Envelope { get; }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Another enclave of the same application: its ephemeral key is its own. It goes with this one.</summary>
    public EnclaveFolder Another()
    {
        using SecretMemory seed = Quorum.ExportSeed();
        _others.Add(new EnclaveFolder(Envelope, KeySet.FromSeed(seed.Span)));
        return _others[^1];
    }

    public QosApp Open() => QosApp.FromEnclaveFiles(Root);

    public void Dispose()
    {
        _others.ForEach(other => other.Dispose());
        Quorum.Dispose();
        Ephemeral.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private void WriteKey(string name, KeySet key)
    {
        using SecretMemory seed = key.ExportSeed();
        File.WriteAllText(PathOf(name), Convert.ToHexStringLower(seed.Span));
    }

    private static ManifestEnvelope NewEnvelope(PublicKey quorumKey)
    {
        // A manifest of the reference, with our quorum key in it.
        ManifestEnvelope golden = ManifestEnvelopeFormat.Read(Qos.Vectors.VectorFiles.Bytes("qos", "golden", "manifest_envelope_v1.json"));
        ManifestNamespace ours = golden.Manifest.Namespace with { QuorumKey = quorumKey.Memory };
        return golden with { Manifest = golden.Manifest with { Namespace = ours } };
    }
}
