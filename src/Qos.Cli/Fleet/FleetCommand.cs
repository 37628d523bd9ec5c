using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A command that asks a control service. What the service says is shown, and decides nothing.</summary>
internal abstract class FleetCommand : QosCommand
{
    private readonly ControlOptions _control = new();

    protected FleetCommand(string name, string description, params string[] examples)
        : base(name, description, examples) => Take(_control.All);

    /// <summary>Runs the command with a client.</summary>
    protected abstract Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected sealed override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            using ControlClient control = _control.Open(parsed, terminal);
            await RunAsync(parsed, terminal, control, cancellationToken);
        }
        catch (ApiException e)
        {
            throw new CeremonyException(e.Message, e);
        }
    }

    /// <summary>A result for machines.</summary>
    protected static void WriteJson<T>(Terminal terminal, T value, JsonTypeInfo<T> type) => JsonResult.Write(terminal, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>A deployment with its manifest.</summary>
    protected static async Task<(ApiDeployment Deployment, Manifest Manifest)> DeploymentAsync(ControlClient control, string id, CancellationToken cancellationToken)
    {
        ApiDeployment deployment = (await control.QueryAsync("get_tvc_deployment", new QueryParameters { DeploymentId = id }, cancellationToken)).TvcDeployment
            ?? throw new CeremonyException("The service gave no deployment.");
        return (deployment, ReadManifest(deployment.Manifest.Manifest));
    }

    /// <summary>A manifest that the service gave.</summary>
    protected static Manifest ReadManifest(byte[] bytes)
    {
        try
        {
            return ManifestFormat.Read(bytes);
        }
        catch (Serialization.EncodingException e)
        {
            throw new CeremonyException($"What the service gave is no manifest: {e.Message}", e);
        }
    }

    /// <summary>An app, by its id or its name.</summary>
    protected static async Task<ApiApp> AppAsync(ControlClient control, string app, CancellationToken cancellationToken)
    {
        string id = await AppIdAsync(control, app, cancellationToken);
        return (await control.QueryAsync("get_tvc_app", new QueryParameters { TvcAppId = id }, cancellationToken)).TvcApp ?? throw new CeremonyException("The service gave no app.");
    }

    /// <summary>The id of an app that is named by its id or, where one alone has it, by its name.</summary>
    protected static async Task<string> AppIdAsync(ControlClient control, string app, CancellationToken cancellationToken)
    {
        if (Guid.TryParseExact(app, "D", out _))
            return app;
        IReadOnlyList<string> ids = await AppsNamedAsync(control, app, cancellationToken);
        string name = VisibleText.Escape(app);
        return ids switch
        {
            [var id] => id,
            [] => throw new CeremonyException($"There is no app {name}: 'qos app list' shows those that there are."),
            _ => throw new CeremonyException($"{ids.Count} apps are called {name}: give the id, {string.Join(" or ", ids)}."),
        };
    }

    /// <summary>The ids of the apps that have this name.</summary>
    protected static async Task<IReadOnlyList<string>> AppsNamedAsync(ControlClient control, string name, CancellationToken cancellationToken) =>
        [.. ((await control.QueryAsync("list_tvc_apps", new QueryParameters(), cancellationToken)).TvcApps ?? []).Where(app => app.Name == name).Select(static app => VisibleText.Escape(app.Id))];

    /// <summary>The status of an app, or of one of its deployments.</summary>
    protected static void Show(Page page, ApiAppStatus status, string? onlyDeployment = null)
    {
        if (status.Deployments.Count == 0)
            page.Line("no deployment yet: 'qos deploy create FILE' makes one");
        foreach (ApiDeploymentStatus deployment in status.Deployments.Where(d => onlyDeployment is null || d.DeploymentId == onlyDeployment))
        {
            bool isLive = deployment.DeploymentId == status.TargetedDeploymentId;
            page.Heading($"deployment {deployment.DeploymentId}{(isLive ? ", live" : "")}{(deployment.Delete == true ? ", deleted" : "")}");
            // Of one that is deleted and whose replicas are gone there is nothing else to say.
            if (deployment.Delete == true && deployment.Replicas is not { Count: > 0 })
                continue;
            page.Field("ready", string.Create(CultureInfo.InvariantCulture, $"{deployment.ReadyReplicas}/{deployment.DesiredReplicas}"), deployment.ReadyReplicas >= deployment.DesiredReplicas ? Tone.Good : Tone.Warning);
            page.Field("key", deployment.ProvisioningState switch
            {
                "PROVISIONING_STATE_PROVISIONED" => "has it",
                "PROVISIONING_STATE_AWAITING_PROVISION" => deployment.SharesWanted is > 0 and var shares ? WantedMembers.Describe(shares, "share", "from", Without(deployment.ShareHolders ?? [])) : "waits for shares",
                _ => "not yet",
            });
            if (deployment.ApprovalsMissing is { Count: > 0 } missing)
                page.Field("approvals", deployment.ApprovalsWanted is { } wanted ? WantedMembers.Describe(wanted, "approval", "by", missing) : $"missing of {string.Join(", ", missing)}", Tone.Warning);
            foreach (ApiShareHolder holder in deployment.ShareHolders ?? [])
                page.Field("share", $"{holder.Name}: {holder.State.ToLowerInvariant()}{(holder.Message is null ? "" : $", {holder.Message}")}", holder.State == "DELIVERED" ? Tone.Good : Tone.Warning);
            foreach (ApiReplica replica in deployment.Replicas ?? [])
                page.Field(string.Create(CultureInfo.InvariantCulture, $"replica {replica.Slot + 1}"), $"{replica.State}{(replica.Message is null ? "" : $": {replica.Message}")}", replica.State == "Ready" ? Tone.Good : Tone.Plain);
        }

        if (status.IngressPort is { } port)
            page.Field("TCP port", port.ToString(CultureInfo.InvariantCulture));
    }

    private static string[] Without(IReadOnlyList<ApiShareHolder> holders) => [.. holders.Where(static holder => holder.State is not ("POSTED" or "DELIVERED")).Select(static holder => holder.Name)];
}
