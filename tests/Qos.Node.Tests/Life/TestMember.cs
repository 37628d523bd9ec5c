using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>A member of a set with the key.</summary>
internal sealed class TestMember(string alias, KeySet key)
{
    internal KeySet Key { get; } = key;

    internal QuorumMember Member { get; } = new(alias, key.PublicKey.Memory);

    internal Approval Approve(Manifest manifest) => new(Key.Sign(ManifestFormat.Hash(manifest)), Member);
}
