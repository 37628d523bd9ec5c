namespace Qos.Fleet.Kubernetes;

/// <summary>A member.</summary>
/// <param name="Alias">The name in manifests.</param>
/// <param name="PublicKey">260 lower-case hex digits.</param>
public sealed record EnclaveMember(string Alias, string PublicKey);
