namespace Qos.Fleet.Storage;

/// <summary>The nonce of one of an app's manifests.</summary>
/// <param name="Nonce">The nonce.</param>
/// <param name="IsDeleted">Whether its deployment is deleted.</param>
public readonly record struct DeploymentNonce(uint Nonce, bool IsDeleted);
