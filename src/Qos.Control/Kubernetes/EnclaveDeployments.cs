using Qos.Fleet;
using Qos.Fleet.Kubernetes;

namespace Qos.Control;

/// <summary>Runs the controller of EnclaveDeployments, and lets it see what the reconciler sees at each look: changes that other services made too.</summary>
internal sealed class EnclaveDeployments(EnclaveDeploymentController controller, IRunner runner) : ILeaderWork
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pods = (KubernetesRunner)runner;
        pods.Followed += controller.Notice;
        try
        {
            await controller.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            pods.Followed -= controller.Notice;
        }
    }
}
