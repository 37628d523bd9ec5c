using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos deploy status</c></summary>
internal sealed class DeployStatusCommand : FleetCommand
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };
    private readonly Option<string?> _wait = new("--wait")
    {
        Description = "Wait until it is ready (all replicas serve), or until it asks for shares.",
        HelpName = "ready|shares",
    };

    private readonly Option<int> _timeout = new("--timeout") { Description = "Seconds to wait at most.", HelpName = "SECONDS", DefaultValueFactory = static _ => 120 };
    private readonly Option<bool> _json = StandardOptions.Json();

    public DeployStatusCommand()
        : base("status", "Show a deployment's replicas, and who has not yet done what.", "qos deploy status 0199…", "qos deploy status 0199… --wait ready")
    {
        _wait.AcceptOnlyFromAmong("ready", "shares");
        Take(_deployment, _wait, _timeout, _json);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        (ApiDeployment deployment, _) = await DeploymentAsync(control, parsed.GetValue(_deployment)!, cancellationToken);
        string? wait = parsed.GetValue(_wait);
        long begin = terminal.Time.GetTimestamp();
        while (true)
        {
            ApiAnswer answer = await control.QueryAsync("get_app_status", new QueryParameters { AppId = deployment.AppId }, cancellationToken);
            ApiDeploymentStatus status = answer.AppStatus?.Deployments.FirstOrDefault(d => d.DeploymentId == deployment.Id) ?? throw new CeremonyException("The service gave no status of it.");
            bool isThere = wait switch
            {
                "ready" => status.ReadyReplicas >= status.DesiredReplicas && status.DesiredReplicas > 0,
                "shares" => status.ProvisioningState == "PROVISIONING_STATE_AWAITING_PROVISION",
                _ => true,
            };
            if (isThere)
            {
                if (parsed.GetValue(_json))
                    WriteJson(terminal, answer with { AppStatus = answer.AppStatus with { Deployments = [status] } }, ApiJson.Default.ApiAnswer);
                else
                    Show(terminal.Page, answer.AppStatus, deployment.Id);
                return;
            }

            if (terminal.Time.GetElapsedTime(begin).TotalSeconds > parsed.GetValue(_timeout))
            {
                Show(terminal.ErrorPage, answer.AppStatus, deployment.Id);
                throw new CeremonyException($"The deployment did not come to that within {parsed.GetValue(_timeout)} s.");
            }

            await Task.Delay(s_pause, terminal.Time, cancellationToken);
        }
    }
}
