using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>Activities end, each once, whatever happens at the same moment.</summary>
public class ActivityTests
{
    [Fact]
    public async Task What_another_service_left_pending_is_done_when_the_same_body_comes_again()
    {
        await using ControlService service = await ControlService.StartAsync();
        Fleet.Deployment deployment = await service.World.DeployAsync(approve: false);
        string body = service.Submit("DELETE_TVC_DEPLOYMENT", $$"""{"deploymentId":"{{deployment.Id}}"}""");
        await service.World.Database.BeginActivityAsync(Pending(service.World, body, DateTimeOffset.UtcNow.AddMinutes(-2)), default);
        JsonNode answer = (await service.PostAsync("public/v1/submit/delete_tvc_deployment", body)).Body;
        Assert.Equal("ACTIVITY_STATUS_COMPLETED", (string)answer["activity"]!["status"]!);
    }

    [Fact]
    public async Task What_another_service_runs_at_this_moment_is_left_to_it()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Fleet.Deployment first = await world.DeployAsync(approve: false), deployment = await world.DeployAsync(approve: false);
        string left = $$"""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"0","organizationId":"{{world.OrganizationId}}","parameters":{"deploymentId":"{{first.Id}}"} }""";
        await world.Database.BeginActivityAsync(Pending(world, left, DateTimeOffset.UtcNow), default);
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { World = world });

        // At its start a service takes up everything: what comes after that look is another service's.
        await Until.TrueAsync(async () => (await world.Database.DeploymentAsync(world.OrganizationId, first.Id, default))!.IsDeleted, "what was left is not taken up");
        string body = service.Submit("DELETE_TVC_DEPLOYMENT", $$"""{"deploymentId":"{{deployment.Id}}"}""");
        await world.Database.BeginActivityAsync(Pending(world, body, DateTimeOffset.UtcNow.AddMinutes(1)), default);
        JsonNode answer = (await service.PostAsync("public/v1/submit/delete_tvc_deployment", body)).Body;
        Assert.Equal("ACTIVITY_STATUS_PENDING", (string)answer["activity"]!["status"]!);
    }

    [Fact]
    public async Task The_same_body_on_many_connections_at_once_is_one_deployment()
    {
        await using ControlService service = await ControlService.StartAsync();
        string body = service.Submit("CREATE_TVC_DEPLOYMENT", Deployment(service));
        (HttpStatusCode Status, JsonNode Body)[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => service.PostAsync("public/v1/submit/create_tvc_deployment", body)));
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Single(answers.Select(static answer => (string)answer.Body["activity"]!["id"]!).Distinct());
        await Until.TrueAsync(async () => (string)(await service.PostAsync("public/v1/submit/create_tvc_deployment", body)).Body["activity"]!["status"]! == "ACTIVITY_STATUS_COMPLETED", "it does not end");
        Assert.Single(await service.World.Database.DeploymentsAsync(service.World.App.Id, 10, default));
    }

    [Fact]
    public async Task Deployments_that_are_made_at_once_have_a_nonce_each()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ControlClient client = service.Client();
        string[] bodies = [.. Enumerable.Range(0, 6).Select(i => service.Submit("CREATE_TVC_DEPLOYMENT", Deployment(service, $",\"pivotArgs\":[\"{i}\"]")))];
        (HttpStatusCode Status, JsonNode Body)[] answers = await Task.WhenAll(bodies.Select(body => service.PostAsync("public/v1/submit/create_tvc_deployment", body)));
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        await Until.TrueAsync(async () => (await service.World.Database.DeploymentsAsync(service.World.App.Id, 10, default)).Count == 6, "they are not all made");
        uint[] nonces = [.. (await service.World.Database.DeploymentsAsync(service.World.App.Id, 10, default)).Select(static deployment => deployment.Manifest.Namespace.Nonce)];
        Assert.Equal(6, nonces.Distinct().Count());
    }

    [Fact]
    public async Task A_person_who_is_known_under_two_ids_approves_once()
    {
        await using ControlService service = await ControlService.StartAsync();
        Fleet.FleetApp first = service.World.App;
        await service.World.AddAppAsync("another app of the same people");
        Fleet.Deployment deployment = await service.World.DeployAsync(approve: false);
        string signature = Convert.ToHexStringLower(FleetWorld.Sign(0, deployment));
        Assert.Equal(HttpStatusCode.OK, (await ApproveAsync(first.ManifestSet.Operators[0].Id)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await ApproveAsync(service.World.App.ManifestSet.Operators[0].Id)).Status);
        ApiAppStatus status = (await service.Client().QueryAsync("get_app_status", new QueryParameters { AppId = service.World.App.Id })).AppStatus!;
        Assert.Equal(service.World.App.ManifestSet.Operators.Skip(1).Select(static op => op.Name), status.Deployments[0].ApprovalsMissing);
        Assert.Equal((int)service.World.App.ManifestSet.Threshold - 1, status.Deployments[0].ApprovalsWanted);

        Task<(HttpStatusCode Status, JsonNode Body)> ApproveAsync(string operatorId) => service.PostAsync(
            "public/v1/submit/create_tvc_manifest_approvals",
            service.Submit("CREATE_TVC_MANIFEST_APPROVALS", $$"""{"manifestId":"{{deployment.ManifestId}}","approvals":[{"operatorId":"{{operatorId}}","signature":"{{signature}}"}]}"""));
    }

    [Theory]
    [InlineData("instanceSizeCpus", "0", "instanceSizeCpus is a number from 1 to 512, or left out")]
    [InlineData("instanceSizeCpus", "4294967295", "instanceSizeCpus is a number from 1 to 512, or left out")]
    [InlineData("instanceSizeRam", "4194304", "instanceSizeRam is a number from 1 to 4096, or left out")]
    public async Task A_size_that_no_machine_has_is_refused(string member, string value, string refusal)
    {
        await using ControlService service = await ControlService.StartAsync();
        (HttpStatusCode status, JsonNode body) = await service.PostAsync("public/v1/submit/create_tvc_deployment", service.Submit("CREATE_TVC_DEPLOYMENT", Deployment(service, $",\"{member}\":{value}")));
        Assert.Equal((HttpStatusCode.BadRequest, refusal), (status, body["message"]!.GetValue<string>()));
        Assert.Empty(await service.World.Database.DeploymentsAsync(service.World.App.Id, 10, default));
    }

    [Fact]
    public async Task After_the_highest_nonce_it_is_said_that_none_is_left()
    {
        await using ControlService service = await ControlService.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await service.PostAsync("public/v1/submit/create_tvc_deployment", service.Submit("CREATE_TVC_DEPLOYMENT", Deployment(service, ",\"nonce\":4294967295")))).Status);
        (HttpStatusCode status, JsonNode body) = await service.PostAsync("public/v1/submit/create_tvc_deployment", service.Submit("CREATE_TVC_DEPLOYMENT", Deployment(service)));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith("a deployment of this app has the highest nonce that there is", body["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static string Deployment(ControlService service, string more = "") =>
        $$"""{"appId":"{{service.World.App.Id}}","qosVersion":"test","pivotContainerImageUrl":"{{service.Image}}","pivotPath":"/app/server","expectedPivotDigest":"{{ControlService.PivotDigest}}","healthCheckType":"TVC_HEALTH_CHECK_TYPE_HTTP","healthCheckPort":3000,"publicIngressPort":3000{{more}}}""";

    private static ActivityRecord Pending(FleetWorld world, string body, DateTimeOffset at) => new()
    {
        Id = Guid.NewGuid().ToString(),
        OrganizationId = world.OrganizationId,
        Type = "ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT",
        Status = "ACTIVITY_STATUS_PENDING",
        Fingerprint = string.Create(CultureInfo.InvariantCulture, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}"),
        Body = Encoding.UTF8.GetBytes(body),
        Stamp = "another service's",
        PublicKey = "02",
        UserId = "another service's caller",
        CreatedAt = at,
        UpdatedAt = at,
    };
}
