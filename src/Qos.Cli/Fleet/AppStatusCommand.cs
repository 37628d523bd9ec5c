using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos app status</c></summary>
internal sealed class AppStatusCommand : FleetCommand
{
    private readonly Argument<string> _app = new("APP") { Description = "The app's id, or its name." };
    private readonly Option<bool> _json = StandardOptions.Json();

    public AppStatusCommand()
        : base("status", "Show an app's deployments and replicas, and who has not yet done what.", "qos app status 0199…") => Take(_app, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        string id = await AppIdAsync(control, parsed.GetValue(_app)!, cancellationToken);
        ApiAnswer answer = await control.QueryAsync("get_app_status", new QueryParameters { AppId = id }, cancellationToken);
        if (parsed.GetValue(_json))
            WriteJson(terminal, answer, ApiJson.Default.ApiAnswer);
        else
            Show(terminal.Page, answer.AppStatus ?? throw new CeremonyException("The service gave no status."));
    }
}
