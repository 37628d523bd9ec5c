namespace Qos.Fleet.Kubernetes;

/// <summary>An EnclaveDeployment as the service acts on it.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">What it is known by for ever: one that was deleted and made again is another.</param>
/// <param name="Generation">Its spec's number.</param>
/// <param name="Spec">What it asks for.</param>
public sealed record EnclaveRequest(string Namespace, string Name, string Uid, long Generation, EnclaveSpec Spec);
