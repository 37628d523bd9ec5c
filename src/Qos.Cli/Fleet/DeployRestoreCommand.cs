using System.CommandLine;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos deploy restore</c></summary>
internal sealed class DeployRestoreCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };

    public DeployRestoreCommand()
        : base("restore", "Take a deployment's deletion back.", "qos deploy restore 0199…") => Take(_deployment);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        DeploymentResult result = await control.SubmitAsync(
            "restore_tvc_deployment",
            new DeploymentParameters { DeploymentId = parsed.GetValue(_deployment)! },
            ApiJson.Default.DeploymentParameters,
            ApiJson.Default.DeploymentResult,
            cancellationToken);
        terminal.Page.Field("restored", result.DeploymentId);
    }
}
