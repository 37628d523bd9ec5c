using System.CommandLine;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos deploy delete</c></summary>
internal sealed class DeployDeleteCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };

    public DeployDeleteCommand()
        : base("delete", "Mark a deployment to be gone; it can be restored for a while.", "qos deploy delete 0199…") => Take(_deployment);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        DeploymentResult result = await control.SubmitAsync(
            "delete_tvc_deployment",
            new DeploymentParameters { DeploymentId = parsed.GetValue(_deployment)! },
            ApiJson.Default.DeploymentParameters,
            ApiJson.Default.DeploymentResult,
            cancellationToken);
        terminal.Page.Field("deleted", result.DeploymentId);
    }
}
