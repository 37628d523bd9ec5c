using System.CommandLine;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary><c>qos deploy create</c></summary>
internal sealed class DeployCreateCommand : FleetCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The deployment's file." };
    private readonly PullSecretOption _secret = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public DeployCreateCommand()
        : base("create", "Make a deployment: its image is resolved, its executable taken out and compared, its manifest made, to be approved.", "qos deploy create deploy.yaml") =>
        Take(_file, _secret, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        CreateDeploymentParameters parameters = await _secret.WithSecretAsync(parsed, DeployFile.Read(parsed.GetValue(_file)!), control, cancellationToken);
        parameters = parameters with { AppId = await AppIdAsync(control, parameters.AppId, cancellationToken) };
        CreateDeploymentResult result = await control.SubmitAsync(
            "create_tvc_deployment", parameters, ApiJson.Default.CreateDeploymentParameters, ApiJson.Default.CreateDeploymentResult, cancellationToken);
        if (parsed.GetValue(_json))
        {
            WriteJson(terminal, result, ApiJson.Default.CreateDeploymentResult);
            return;
        }

        terminal.Page.Field("deployment", result.DeploymentId);
        terminal.Page.Field("manifest", result.ManifestId);
        terminal.Page.Line($"Next: qos deploy approve {result.DeploymentId}");
    }
}
