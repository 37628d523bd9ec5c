namespace Qos.Fleet.Kubernetes;

/// <summary>A variable of the executable's environment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record EnclaveVariable(string Name, string Value);
