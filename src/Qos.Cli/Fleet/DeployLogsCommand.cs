using System.CommandLine;
using System.Globalization;
using Qos.Fleet.Api;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos deploy logs</c></summary>
internal sealed class DeployLogsCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };
    private readonly Option<int?> _tail = new("--tail") { Description = "At most so many lines of each replica.", HelpName = "LINES" };

    public DeployLogsCommand()
        : base("logs", "Show what the replicas of a deployment in debug mode wrote; others have no output outside.", "qos deploy logs 0199… --tail 100") => Take(_deployment, _tail);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await control.QueryAsync(
            "get_tvc_deployment_debug_logs", new QueryParameters { DeploymentId = parsed.GetValue(_deployment)!, TailLines = parsed.GetValue(_tail) }, cancellationToken);
        foreach (ApiLogEntry entry in answer.Entries ?? [])
        {
            string at = entry.Line.Ts?.ToTime().ToString("yyyy-MM-ddTHH:mm:ssZ ", CultureInfo.InvariantCulture) ?? "";
            terminal.Page.Line($"{VisibleText.Escape(entry.ReplicaLabel)}: {at}{VisibleText.Line(entry.Line.Content)}");
        }
    }
}
