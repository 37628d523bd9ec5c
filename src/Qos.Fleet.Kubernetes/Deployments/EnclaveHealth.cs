namespace Qos.Fleet.Kubernetes;

/// <summary>How an app says that it is well.</summary>
/// <param name="Type"><c>HTTP</c> or <c>GRPC</c>.</param>
/// <param name="Port">The app's port; its users' where it is left out.</param>
public sealed record EnclaveHealth(string? Type = null, int? Port = null);
