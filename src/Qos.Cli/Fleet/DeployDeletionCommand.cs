using System.CommandLine;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos deploy delete</c> and <c>qos deploy restore</c>, which takes it back.</summary>
internal sealed class DeployDeletionCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };

    private readonly string _submission;
    private readonly string _done;

    private DeployDeletionCommand(string name, string description, string done)
        : base(name, description, $"qos deploy {name} 0199…")
    {
        _submission = $"{name}_tvc_deployment";
        _done = done;
        Take(_deployment);
    }

    /// <summary>Marks a deployment to be gone.</summary>
    public static DeployDeletionCommand Delete() => new("delete", "Mark a deployment to be gone; it can be restored for a while.", "deleted");

    /// <summary>Takes the mark back.</summary>
    public static DeployDeletionCommand Restore() => new("restore", "Take a deployment's deletion back.", "restored");

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        DeploymentResult result = await control.SubmitAsync(
            _submission,
            new DeploymentParameters { DeploymentId = parsed.GetValue(_deployment)! },
            ApiJson.Default.DeploymentParameters,
            ApiJson.Default.DeploymentResult,
            cancellationToken);
        terminal.Page.Field(_done, result.DeploymentId);
    }
}
