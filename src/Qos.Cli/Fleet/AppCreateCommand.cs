using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos app create</c></summary>
internal sealed class AppCreateCommand : FleetCommand
{
    private readonly Argument<string> _name = new("NAME|FILE") { Description = "The app's name, or its file in YAML or JSON." };
    private readonly SettingOption _quorumKey = new(ProfileSetting.QuorumKey);
    private readonly SettingOption _manifestSet = new(ProfileSetting.ManifestSet);
    private readonly SettingOption _shareSet = new(ProfileSetting.ShareSet);
    private readonly Option<bool> _debug = new("--enable-debug-mode") { Description = "Let its deployments run in debug mode, for ever: its quorum key then counts as public." };
    private readonly Option<bool> _json = StandardOptions.Json();

    public AppCreateCommand()
        : base(
            "create",
            "Make an app: from a file, or from the quorum key and the sets that you hold.",
            "qos app create signer --quorum-key genesis/quorum_key.pub --manifest-set manifest-set --share-set share-set",
            "qos app create app.json") => Take(_name, _quorumKey, _manifestSet, _shareSet, _debug, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        CreateAppParameters parameters = File.Exists(name)
            ? AppFile.Read(name)
            : new CreateAppParameters
            {
                Name = name,
                QuorumPublicKey = KeySource.ReadPublic(Need(_quorumKey, parsed)).ToHex(),
                ManifestSetParams = AppFile.Set(Need(_manifestSet, parsed), name + " approvers"),
                ShareSetParams = AppFile.Set(Need(_shareSet, parsed), name + " share holders"),
                EnableDebugModeDeployments = parsed.GetValue(_debug) ? true : null,
            };
        if (await AppsNamedAsync(control, parameters.Name, cancellationToken) is [var taken, ..])
            throw new CeremonyException($"There is an app {Protocol.VisibleText.Escape(parameters.Name)} already, {taken}: give this one another name.");
        CreateAppResult result = await control.SubmitAsync("create_tvc_app", parameters, ApiJson.Default.CreateAppParameters, ApiJson.Default.CreateAppResult, cancellationToken);
        if (parsed.GetValue(_json))
            WriteJson(terminal, result, ApiJson.Default.CreateAppResult);
        else
            terminal.Page.Field("app", result.AppId);
    }

    private static string Need(SettingOption option, ParseResult parsed) => option.Read(parsed)
        ?? throw new UsageException($"{option.Name} is missing: an app is made from a file, or from --quorum-key, --manifest-set and --share-set");
}
