namespace Qos.Fleet;

/// <summary>Where deployments' executables are.</summary>
public interface IPivotSource
{
    /// <summary>
    /// The path of the deployment's executable, whose SHA-256 is the manifest's: taken out of the image again where it is missing.
    /// </summary>
    /// <exception cref="PivotUnavailableException">It cannot be had now.</exception>
    Task<string> PathAsync(Deployment deployment, CancellationToken cancellationToken);
}
