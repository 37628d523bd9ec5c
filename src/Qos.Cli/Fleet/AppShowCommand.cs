using System.CommandLine;
using System.Globalization;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos app show</c></summary>
internal sealed class AppShowCommand : FleetCommand
{
    private readonly Argument<string> _app = new("APP") { Description = "The app's id, or its name." };
    private readonly Option<bool> _json = StandardOptions.Json();

    public AppShowCommand()
        : base("show", "Show an app, its sets, and the images that its deployments may boot.", "qos app show 0199…") => Take(_app, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        ApiApp app = await AppAsync(control, parsed.GetValue(_app)!, cancellationToken);
        if (parsed.GetValue(_json))
        {
            WriteJson(terminal, new ApiAnswer { TvcApp = app }, ApiJson.Default.ApiAnswer);
            return;
        }

        Page page = terminal.Page;
        page.Heading(app.Name);
        page.Field("app", app.Id);
        page.Field("quorum key", app.QuorumPublicKey);
        page.Field("host name", app.PublicDomain);
        page.Field("live", app.LiveDeploymentId ?? "nothing");
        if (app.EnableDebugModeDeployments)
            page.Field("debug mode", "possible: the quorum key counts as public", Tone.Warning);
        foreach ((string name, ApiOperatorSet set) in ((string, ApiOperatorSet)[])[("approve", app.ManifestSet), ("hold shares", app.ShareSet)])
            page.Field(name, string.Create(CultureInfo.InvariantCulture, $"{set.Threshold} of {string.Join(", ", set.Operators.Select(static op => op.Name))}"));
        ApiAnswer images = await control.QueryAsync("get_tvc_qos_versions", new QueryParameters(), cancellationToken);
        foreach (ApiImage image in images.Images ?? [])
            page.Field($"image {image.Version}", $"PCR0 {image.Pcrs.GetValueOrDefault("PCR0")}");
    }
}
