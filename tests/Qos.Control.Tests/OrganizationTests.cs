using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Qos.Fleet.Api;
using Qos.Fleet.Kubernetes;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>What belongs to one organization is nothing to another, at every end point.</summary>
public class OrganizationTests
{
    [Fact]
    public async Task A_key_of_another_organization_sees_nothing_and_changes_nothing()
    {
        await using ControlService service = await ControlService.StartAsync();
        FleetWorld world = service.World;
        Fleet.Deployment deployment = await world.DeployAsync(approve: false);
        string other = Guid.NewGuid().ToString();
        await world.Database.AddOrganizationAsync(other, "others", default);
        ApiKeyBody key = ApiKeyFile.Make(other);
        await world.Database.AddKeyAsync(key.PublicKey, other, Guid.NewGuid().ToString(), "stranger", default);
        using ECDsa stranger = ApiKeyFile.Open(key);
        string activity = await world.ActivityAsync(), op = world.App.ManifestSet.Operators[0].Id, signature = Convert.ToHexStringLower(FleetWorld.Sign(0, deployment));
        string members = $$""" "tvcAppId":"{{world.App.Id}}","appId":"{{world.App.Id}}","deploymentId":"{{deployment.Id}}","activityId":"{{activity}}","tailLines":1,"paginationOptions":{"limit":"100"}""";
        string deploy = $$""" "appId":"{{world.App.Id}}","qosVersion":"test","pivotContainerImageUrl":"{{service.Image}}","pivotPath":"/app/server","expectedPivotDigest":"{{ControlService.PivotDigest}}","healthCheckPort":3000,"publicIngressPort":3000""";
        string key260 = world.App.QuorumPublicKey;
        (string Path, string Members)[] asked =
        [
            .. ((IEnumerable<string>)["whoami", "get_activity", "list_activities", "list_tvc_apps", "get_tvc_app", "list_tvc_app_deployments", "get_tvc_deployment", "get_app_status", "get_tvc_deployment_provisioning_details", "get_tvc_deployment_debug_logs", "list_tvc_operators", "list_tvc_quorum_keys"])
                .Select(name => ("query/" + name, members)),
            ("query/plan_tvc_deployment", $$""" "parameters":{ {{deploy}} }"""),
            .. ((IEnumerable<(string Name, string Parameters)>)[
                ("create_tvc_app", $$""" "name":"x","quorumPublicKey":"{{key260}}","manifestSetId":"{{world.App.ManifestSet.Id}}","shareSetId":"{{world.App.ShareSet.Id}}" """),
                ("create_tvc_app", $$""" "name":"x","quorumPublicKey":"{{key260}}","manifestSetParams":{"name":"x","threshold":1,"existingOperatorIds":["{{op}}"]},"shareSetId":"{{world.App.ShareSet.Id}}" """),
                ("create_tvc_deployment", deploy),
                ("create_tvc_manifest_approvals", $$""" "manifestId":"{{deployment.ManifestId}}","approvals":[{"operatorId":"{{op}}","signature":"{{signature}}"}]"""),
                ("post_tvc_quorum_key_share", $$""" "deploymentId":"{{deployment.Id}}","ephemeralPublicKeyHex":"00","shareApprovalBundle":{"operatorId":"{{op}}","reEncryptedShareHex":"00","signature":"{{signature}}"}"""),
                ("set_tvc_app_live_deployment", $$""" "deploymentId":"{{deployment.Id}}" """),
                ("delete_tvc_deployment", $$""" "deploymentId":"{{deployment.Id}}" """),
                ("restore_tvc_deployment", $$""" "deploymentId":"{{deployment.Id}}" """),
                ("delete_tvc_app_and_deployments", $$""" "appId":"{{world.App.Id}}" """),
            ])
            .Select(static submit => ("submit/" + submit.Name, $$""" "type":"ACTIVITY_TYPE_{{ApiNames.Activities[submit.Name]}}","timestampMs":"{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}","parameters":{ {{submit.Parameters}} }""")),
        ];
        Assert.Equal(ApiNames.Activities.Keys.Order(StringComparer.Ordinal), asked.Where(static one => one.Path.StartsWith("submit/", StringComparison.Ordinal)).Select(static one => one.Path[7..]).Distinct().Order(StringComparer.Ordinal));
        foreach ((string path, string rest) in asked)
        {
            (HttpStatusCode named, _) = await AskAsync(path, world.OrganizationId, rest);
            Assert.True(named == HttpStatusCode.Forbidden, $"{path} for the other organization: {named}");
            (HttpStatusCode own, JsonNode answer) = await AskAsync(path, other, rest);
            Assert.True(own == HttpStatusCode.NotFound || !Names(answer), $"{path} answers with {own}: {answer.ToJsonString()}");
            Assert.True(own == HttpStatusCode.NotFound || path.StartsWith("query/", StringComparison.Ordinal), $"{path} is done: {answer.ToJsonString()}");
        }

        Assert.False((await world.Database.DeploymentAsync(world.OrganizationId, deployment.Id, default))!.IsDeleted);
        Assert.Empty(await world.Database.ApprovalsAsync(deployment.ManifestId, default));

        bool Names(JsonNode answer) => ((string[])[world.App.Id, deployment.Id, deployment.ManifestId, world.OrganizationId, activity, op, world.App.ManifestSet.Id])
            .Any(id => answer.ToJsonString().Contains(id, StringComparison.Ordinal));

        Task<(HttpStatusCode Status, JsonNode Body)> AskAsync(string path, string organization, string rest)
        {
            string body = $$"""{"organizationId":"{{organization}}",{{rest}}}""";
            return service.PostAsync("public/v1/" + path, body, ApiStamp.Make(Encoding.UTF8.GetBytes(body), stranger));
        }
    }

    [Fact]
    public async Task A_spec_that_was_refused_and_mended_makes_the_one_app_of_its_object()
    {
        await using ControlService service = await ControlService.StartAsync();
        var desk = new EnclaveDesk(service.World.Database, (ActivityHandlers)service.Services.GetService(typeof(ActivityHandlers))!, new EventHub(), TimeProvider.System);
        EnclaveRequest good = Request(service.World.App.QuorumPublicKey), bad = Request(new string('0', 260)), worse = Request("none");
        foreach (EnclaveRequest request in (EnclaveRequest[])[bad, bad, worse])
            Assert.Equal("SpecRefused", (await Assert.ThrowsAsync<RequestRefusedException>(() => desk.AppAsync(request, default))).Reason);
        string app = await desk.AppAsync(good, default);
        Assert.Equal(app, await desk.AppAsync(good, default));
        Assert.Equal("Immutable", (await Assert.ThrowsAsync<RequestRefusedException>(() => desk.AppAsync(bad, default))).Reason);

        // A service that was started again finds the same one, and lets it go with the object.
        var again = new EnclaveDesk(service.World.Database, (ActivityHandlers)service.Services.GetService(typeof(ActivityHandlers))!, new EventHub(), TimeProvider.System);
        Assert.Equal(app, await again.AppAsync(good, default));
        Assert.True(await again.DeleteAppAsync(good.Namespace, good.Name, good.Uid, default));
        Assert.Null(await service.World.Database.AppAsync(service.World.OrganizationId, app, default));

        EnclaveRequest Request(string quorumKey)
        {
            EnclaveMember[] members = [.. service.World.App.ManifestSet.Operators.Select(static op => new EnclaveMember(op.Name, op.PublicKey))];
            return new EnclaveRequest("ns", "app", "uid", 1, new EnclaveSpec
            {
                QuorumKey = quorumKey,
                ManifestSet = new EnclaveMembers(2, members),
                ShareSet = new EnclaveMembers(2, members),
                QosVersion = "test",
                Image = service.Image,
                PivotPath = "/app/server",
                PivotDigest = ControlService.PivotDigest,
                Port = 3000,
            });
        }
    }
}
