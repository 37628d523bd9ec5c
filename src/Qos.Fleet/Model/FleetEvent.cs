namespace Qos.Fleet;

/// <summary>Something changed that a person may be watching.</summary>
/// <param name="Kind">What: <c>replica</c>, <c>deployment</c>, <c>app</c>, <c>activity</c>, <c>proof</c>.</param>
/// <param name="OrganizationId">Whose it is: nobody else is told.</param>
/// <param name="AppId">The app; null where there is none.</param>
/// <param name="DeploymentId">The deployment; null where there is none.</param>
/// <param name="Id">What changed.</param>
/// <param name="State">Its new state.</param>
/// <param name="At">When.</param>
public sealed record FleetEvent(string Kind, string OrganizationId, string? AppId, string? DeploymentId, string Id, string State, DateTimeOffset At);
