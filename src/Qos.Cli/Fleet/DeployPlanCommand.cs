using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos deploy plan</c></summary>
internal sealed class DeployPlanCommand : FleetCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The deployment's file." };
    private readonly PullSecretOption _secret = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public DeployPlanCommand()
        : base("plan", "Show what a deployment would be: its manifest, what differs from the live one, and whether share holders are needed.", "qos deploy plan deploy.yaml") =>
        Take(_file, _secret, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        CreateDeploymentParameters parameters = await _secret.WithSecretAsync(parsed, DeployFile.Read(parsed.GetValue(_file)!), control, cancellationToken);
        parameters = parameters with { AppId = await AppIdAsync(control, parameters.AppId, cancellationToken) };
        ApiPlan plan = await control.PlanAsync(parameters, cancellationToken);
        if (parsed.GetValue(_json))
        {
            WriteJson(terminal, new ApiAnswer { Plan = plan }, ApiJson.Default.ApiAnswer);
            return;
        }

        Manifest manifest = ReadManifest(plan.Manifest);
        Page page = terminal.Page;
        foreach (ManifestSection section in ManifestReview.Sections(manifest))
        {
            ManifestPage.Show(page, section);
            page.Space();
        }

        if (plan.LiveManifest is { } bytes)
            ShowDifferences(page, ReadManifest(bytes), manifest);
        page.Field("image", plan.ResolvedImageDigest);
        foreach (string warning in plan.Warnings)
            page.Field("warning", warning, Tone.Warning);

        // Computed here, from the two manifests: the service's word is not needed for it.
        IReadOnlyList<ProtocolError> obstacles = plan.LiveManifest is { } live ? ForwardChecks.Differences(ReadManifest(live), manifest) : [];
        page.Field("quorum key", plan.KeySource == "FORWARDED" && obstacles.Count == 0
            ? "forwarded by a replica that has it; no share holder is asked"
            : obstacles.Count > 0 ? $"shares are needed: {ErrorText.Describe(obstacles)}" : "shares are needed: no replica has the key yet");
    }

    private static void ShowDifferences(Page page, Manifest live, Manifest manifest)
    {
        page.Heading("What differs from the live deployment");
        foreach (ManifestDifference difference in ManifestDifference.Between(live, manifest))
        {
            page.Line("  " + VisibleText.Escape(difference.Path));
            page.Field("-", difference.Before ?? "(not there)", Tone.Bad);
            page.Field("+", difference.After ?? "(not there)", Tone.Good);
        }

        page.Space();
    }
}
