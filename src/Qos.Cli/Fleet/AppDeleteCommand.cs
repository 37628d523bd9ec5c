using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos app delete</c></summary>
internal sealed class AppDeleteCommand : FleetCommand
{
    private readonly Argument<string> _app = new("APP") { Description = "The app's id, or its name." };
    private readonly Option<bool> _yes = StandardOptions.Yes();

    public AppDeleteCommand()
        : base("delete", "Delete an app with all its deployments, for good. Its proofs stay.", "qos app delete 0199…") => Take(_app, _yes);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        ApiApp app = await AppAsync(control, parsed.GetValue(_app)!, cancellationToken);
        if (!parsed.GetValue(_yes) && !terminal.Confirm($"Delete {Protocol.VisibleText.Escape(app.Name)} with all its deployments?", "--yes"))
            throw new CeremonyException("Nothing was deleted.");
        await control.SubmitAsync("delete_tvc_app_and_deployments", new AppParameters { AppId = app.Id }, ApiJson.Default.AppParameters, ApiJson.Default.AppResult, cancellationToken);
        terminal.Page.Field("deleted", app.Id);
    }
}
