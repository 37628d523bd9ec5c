namespace Qos.Fleet.Kubernetes;

/// <summary>
/// Where the controller brings what EnclaveDeployments ask for: the service's own activities, with its own checks. Every call may be repeated.
/// </summary>
public interface IEnclaveDesk
{
    /// <summary>The app of a request, made when there is none.</summary>
    /// <exception cref="RequestRefusedException">It is refused.</exception>
    Task<string> AppAsync(EnclaveRequest request, CancellationToken cancellationToken);

    /// <summary>The deployment of a request's spec, made or restored when there is none.</summary>
    /// <exception cref="RequestRefusedException">It is refused.</exception>
    Task<string> DeploymentAsync(EnclaveRequest request, string appId, CancellationToken cancellationToken);

    /// <summary>An app with everything; null when it is gone.</summary>
    Task<AppSnapshot?> LoadAsync(string appId, CancellationToken cancellationToken);

    /// <summary>How many shares came for a replica's setup key.</summary>
    Task<int> SharesGivenAsync(string deploymentId, string setupKey, CancellationToken cancellationToken);

    /// <summary>Changes how many replicas are wanted.</summary>
    Task ScaleAsync(EnclaveRequest request, string deploymentId, int replicas, CancellationToken cancellationToken);

    /// <summary>Sends the traffic to a deployment.</summary>
    /// <exception cref="RequestRefusedException">It is refused.</exception>
    Task PromoteAsync(EnclaveRequest request, string deploymentId, CancellationToken cancellationToken);

    /// <summary>Lets a deployment drain and go.</summary>
    /// <exception cref="RequestRefusedException">It is refused.</exception>
    Task DeleteDeploymentAsync(EnclaveRequest request, string deploymentId, CancellationToken cancellationToken);

    /// <summary>Lets the app of an EnclaveDeployment go; true once nothing of it runs.</summary>
    Task<bool> DeleteAppAsync(string ns, string name, string uid, CancellationToken cancellationToken);
}
