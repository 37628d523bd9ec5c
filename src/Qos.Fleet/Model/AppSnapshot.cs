namespace Qos.Fleet;

/// <summary>Everything that a reconciliation of one app looks at, read at one time.</summary>
/// <param name="App">The app.</param>
/// <param name="Deployments">Its deployments that are not purged, the oldest first.</param>
/// <param name="Replicas">The replicas that are not gone.</param>
public sealed record AppSnapshot(FleetApp App, IReadOnlyList<DeploymentSnapshot> Deployments, IReadOnlyList<Replica> Replicas);
