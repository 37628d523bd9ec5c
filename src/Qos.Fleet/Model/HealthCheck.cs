namespace Qos.Fleet;

/// <summary>How an app says that it is well. Specification: cloud-api, Health and ingress.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Port">The app's port, as the manifest has it.</param>
public sealed record HealthCheck(HealthCheckKind Kind, ushort Port);
