using System.CommandLine;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos app promote</c></summary>
internal sealed class AppPromoteCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment that gets the traffic from now on; the one before keeps running." };

    public AppPromoteCommand()
        : base("promote", "Give an app's traffic to one of its deployments.", "qos app promote 0199…") => Take(_deployment);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        string id = parsed.GetValue(_deployment)!;
        await control.SubmitAsync("set_tvc_app_live_deployment", new DeploymentParameters { DeploymentId = id }, ApiJson.Default.DeploymentParameters, ApiJson.Default.JsonElement, cancellationToken);
        terminal.Page.Field("live", id, Tone.Good);
    }
}
