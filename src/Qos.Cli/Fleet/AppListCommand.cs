using System.CommandLine;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos app list</c></summary>
internal sealed class AppListCommand : FleetCommand
{
    private readonly Option<bool> _json = StandardOptions.Json();

    public AppListCommand()
        : base("list", "Show the apps of your organization.", "qos app list") => Take(_json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await control.QueryAsync("list_tvc_apps", new QueryParameters(), cancellationToken);
        if (parsed.GetValue(_json))
        {
            WriteJson(terminal, answer, ApiJson.Default.ApiAnswer);
            return;
        }

        foreach (ApiApp app in answer.TvcApps ?? [])
            terminal.Page.Line($"{app.Id}  {Protocol.VisibleText.Escape(app.Name)}{(app.LiveDeploymentId is { } live ? $"  live {live}" : "")}");
    }
}
