using Qos.Keys;
using Qos.Protocol;

namespace Qos.EndToEnd.Local;

/// <summary>A person with a key.</summary>
/// <param name="Alias">The name in the sets.</param>
/// <param name="Key">The key, which stays with this person.</param>
public sealed record Member(string Alias, KeySet Key) : IDisposable
{
    /// <summary>As manifests name this person.</summary>
    public QuorumMember Public { get; } = new(Alias, Key.PublicKey.Memory);

    /// <summary>Makes a key.</summary>
    public static Member Named(string alias) => new(alias, KeySet.Generate(SystemRandomSource.Instance));

    /// <summary>Signs a manifest.</summary>
    public Approval Approve(Manifest manifest) => new(Key.Sign(manifest.Hash()), Public);

    /// <inheritdoc/>
    public void Dispose() => Key.Dispose();
}
