using System.Net;
using System.Text.Json.Nodes;
using Qos.Fleet.Api;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>The API's refusals and answers, as scripts see them.</summary>
public class ApiTests
{
    [Fact]
    public async Task A_deployment_is_made_of_an_image_and_refused_when_the_executable_is_another()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ControlClient client = service.Client();
        CreateDeploymentParameters parameters = Parameters(service);
        ApiPlan plan = await client.PlanAsync(parameters);
        Assert.Equal("SHARES", plan.KeySource);
        CreateDeploymentResult made = await CreateAsync(client, parameters);
        ApiDeployment deployment = (await client.QueryAsync("get_tvc_deployment", new QueryParameters { DeploymentId = made.DeploymentId })).TvcDeployment!;
        Assert.Equal(made.ManifestId, deployment.Manifest.Id);
        Protocol.Manifest manifest = Protocol.ManifestFormat.Read(deployment.Manifest.Manifest);
        Assert.Equal(ControlService.PivotDigest, Convert.ToHexStringLower(manifest.Pivot.Hash.Span));
        Assert.Equal($"prod/tvc/{service.World.App.Id}", manifest.Namespace.Name);

        ApiException refused = await Assert.ThrowsAsync<ApiException>(() => CreateAsync(client, parameters with { ExpectedPivotDigest = new string('0', 64) }));
        Assert.Equal(ApiCode.InvalidArgument, refused.Code);
        Assert.Contains("was expected", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_refusal_has_its_code()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ControlClient client = service.Client();
        CreateDeploymentParameters good = Parameters(service);
        (CreateDeploymentParameters Parameters, ApiCode Code)[] cases =
        [
            (good with { AppId = Guid.NewGuid().ToString() }, ApiCode.NotFound),
            (good with { DebugMode = true }, ApiCode.FailedPrecondition),
            (good with { QosVersion = "other" }, ApiCode.InvalidArgument),
            (good with { HealthCheckPort = 0 }, ApiCode.InvalidArgument),
            (good with { PublicIngressPort = 70000 }, ApiCode.InvalidArgument),
            (good with { Replicas = 0 }, ApiCode.InvalidArgument),
            (good with { Replicas = 1000 }, ApiCode.InvalidArgument),
            (good with { HealthCheckType = "TVC_HEALTH_CHECK_TYPE_X" }, ApiCode.InvalidArgument),
            (good with { PivotContainerImageUrl = "not an image" }, ApiCode.InvalidArgument),
            (good with { PivotPath = "/app/missing" }, ApiCode.NotFound),
            (good with { PivotContainerEncryptedPullSecret = "00ff" }, ApiCode.InvalidArgument),
            (good with { PivotEnv = [new EnvironmentVariable { Name = "not a name", Value = "" }] }, ApiCode.InvalidArgument),
        ];
        foreach ((CreateDeploymentParameters parameters, ApiCode code) in cases)
            Assert.Equal(code, (await Assert.ThrowsAsync<ApiException>(() => CreateAsync(client, parameters))).Code);
    }

    [Fact]
    public async Task An_approval_of_another_manifest_or_by_another_person_is_refused()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ControlClient client = service.Client();
        Fleet.Deployment old = await service.World.DeployAsync(approve: false), now = await service.World.DeployAsync(approve: false);
        string operatorId = service.World.App.ManifestSet.Operators[0].Id;
        string ofOld = Convert.ToHexStringLower(FleetWorld.Sign(0, old));
        Assert.Equal(ApiCode.InvalidArgument, (await Assert.ThrowsAsync<ApiException>(() => ApproveAsync(now, operatorId, ofOld))).Code);
        Assert.Equal(ApiCode.InvalidArgument, (await Assert.ThrowsAsync<ApiException>(() => ApproveAsync(now, operatorId, Convert.ToHexStringLower(FleetWorld.Sign(1, now))))).Code);
        Assert.Equal(ApiCode.NotFound, (await Assert.ThrowsAsync<ApiException>(() => ApproveAsync(now, "nobody", ofOld))).Code);

        string right = Convert.ToHexStringLower(FleetWorld.Sign(0, now));
        Assert.Single((await ApproveAsync(now, operatorId, right)).ApprovalIds);
        Assert.Equal(ApiCode.AlreadyExists, (await Assert.ThrowsAsync<ApiException>(() => ApproveAsync(now, operatorId, right))).Code);

        Task<CreateApprovalsResult> ApproveAsync(Fleet.Deployment deployment, string op, string signature) => client.SubmitAsync(
            "create_tvc_manifest_approvals",
            new CreateApprovalsParameters { ManifestId = deployment.ManifestId, Approvals = [new ManifestApprovalParameters { OperatorId = op, Signature = signature }] },
            ApiJson.Default.CreateApprovalsParameters,
            ApiJson.Default.CreateApprovalsResult);
    }

    [Fact]
    public async Task A_share_goes_to_the_replica_that_waits_and_to_no_other_key()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ControlClient client = service.Client();
        Fleet.Deployment deployment = await service.World.DeployAsync();
        ApiAnswer details = await UntilAsync(
            async () => await client.QueryAsync("get_tvc_deployment_provisioning_details", new QueryParameters { DeploymentId = deployment.Id }), static answer => answer.AttestationDocument is not null);
        string setupKey = Convert.ToHexStringLower(Nsm.AttestationDocument.Parse(details.AttestationDocument!).PublicKey!.Value.Span);
        Assert.Equal(ApiCode.FailedPrecondition, (await Assert.ThrowsAsync<ApiException>(() => PostShareAsync(service, client, deployment, 0, new string('0', 260)))).Code);
        await PostShareAsync(service, client, deployment, 0, setupKey);
        ApiAppStatus status = (await UntilAsync(
            async () => await client.QueryAsync("get_app_status", new QueryParameters { AppId = service.World.App.Id }),
            static answer => answer.AppStatus!.Deployments[0].ShareHolders?.Any(static holder => holder.State == "DELIVERED") == true)).AppStatus!;
        Assert.Equal("PROVISIONING_STATE_AWAITING_PROVISION", status.Deployments[0].ProvisioningState);
        Assert.Equal(2, status.Deployments[0].ShareHolders!.Count(static holder => holder.State == "MISSING"));
        await PostShareAsync(service, client, deployment, 1, setupKey);
        await UntilAsync(async () => await client.QueryAsync("get_app_status", new QueryParameters { AppId = service.World.App.Id }), static answer => answer.AppStatus!.Deployments[0].ReadyReplicas == 3);

        await client.SubmitAsync("set_tvc_app_live_deployment", new DeploymentParameters { DeploymentId = deployment.Id }, ApiJson.Default.DeploymentParameters, ApiJson.Default.JsonElement);
        Assert.Equal(ApiCode.FailedPrecondition, (await Assert.ThrowsAsync<ApiException>(() => client.SubmitAsync(
            "delete_tvc_deployment", new DeploymentParameters { DeploymentId = deployment.Id }, ApiJson.Default.DeploymentParameters, ApiJson.Default.DeploymentResult))).Code);
        JsonNode latest = JsonNode.Parse(await service.GetAsync($"apps/{service.World.App.Id}/boot-proofs/latest"))!;
        Assert.Equal((string)latest["ephemeralPublicKeyHex"]!, (string)JsonNode.Parse(await service.GetAsync($"boot-proofs/{latest["ephemeralPublicKeyHex"]}"))!["ephemeralPublicKeyHex"]!);
    }

    [Fact]
    public async Task Where_no_key_can_be_forwarded_members_are_given_one_document_after_the_other()
    {
        await using ControlService service = await ControlService.StartAsync();
        service.World.Runner.CanForward = false;
        using ControlClient client = service.Client();
        Fleet.Deployment deployment = await service.World.DeployAsync(replicas: 2);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (int replica = 0; replica < 2; replica++)
        {
            ApiAnswer details = await UntilAsync(
                async () => await client.QueryAsync("get_tvc_deployment_provisioning_details", new QueryParameters { DeploymentId = deployment.Id }),
                answer => answer.AttestationDocument is { } document && !keys.Contains(SetupKey(document)));
            string key = SetupKey(details.AttestationDocument!);
            keys.Add(key);
            for (int member = 0; member < 2; member++)
                await PostShareAsync(service, client, deployment, member, key);
        }

        await UntilAsync(async () => await client.QueryAsync("get_app_status", new QueryParameters { AppId = service.World.App.Id }), static answer => answer.AppStatus!.Deployments[0].ReadyReplicas == 2);

        static string SetupKey(byte[] document) => Convert.ToHexStringLower(Nsm.AttestationDocument.Parse(document).PublicKey!.Value.Span);
    }

    [Fact]
    public async Task Of_several_that_wait_all_members_are_shown_the_one_that_was_begun_with()
    {
        await using ControlService service = await ControlService.StartAsync();
        service.World.Runner.CanForward = false;
        using ControlClient client = service.Client();
        Fleet.Deployment deployment = await service.World.DeployAsync(replicas: 3);
        IReadOnlyList<Fleet.Replica> waiting = await UntilAsync(
            service.World.ReplicasAsync, static replicas => replicas.Count == 3 && replicas.All(static replica => replica.State == Fleet.ReplicaState.AwaitingShares));

        // The member fetched the details when only this one waited; the others came after that.
        Fleet.Replica last = waiting.OrderBy(static replica => replica.Id, StringComparer.Ordinal).Last();
        await PostShareAsync(service, client, deployment, 0, last.SetupKey!);
        ApiAnswer details = await client.QueryAsync("get_tvc_deployment_provisioning_details", new QueryParameters { DeploymentId = deployment.Id });
        Assert.Equal(last.SetupKey, Convert.ToHexStringLower(Nsm.AttestationDocument.Parse(details.AttestationDocument!).PublicKey!.Value.Span));
        ApiAppStatus status = (await client.QueryAsync("get_app_status", new QueryParameters { AppId = service.World.App.Id })).AppStatus!;
        Assert.Equal(2, status.Deployments[0].ShareHolders!.Count(static holder => holder.State == "MISSING"));

        await PostShareAsync(service, client, deployment, 1, last.SetupKey!);
        details = await client.QueryAsync("get_tvc_deployment_provisioning_details", new QueryParameters { DeploymentId = deployment.Id });
        Assert.NotEqual(last.SetupKey, Convert.ToHexStringLower(Nsm.AttestationDocument.Parse(details.AttestationDocument!).PublicKey!.Value.Span));
    }

    [Fact]
    public async Task Hosted_keys_and_unknown_names_are_refused_with_code_12()
    {
        await using ControlService service = await ControlService.StartAsync();
        foreach (string path in (string[])["submit/create_tvc_operator", "submit/create_tvc_quorum_key", "submit/re_encrypt_tvc_quorum_key_share", "submit/sign_transaction", "query/get_wallets"])
        {
            (HttpStatusCode status, JsonNode body) = await service.PostAsync($"public/v1/{path}", $$"""{"organizationId":"{{service.World.OrganizationId}}"}""");
            Assert.Equal((HttpStatusCode.NotImplemented, 12), (status, (int)body["code"]!));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"organizationId":5}""")]
    public async Task A_body_of_another_form_is_refused_with_code_3(string body)
    {
        await using ControlService service = await ControlService.StartAsync();
        (HttpStatusCode status, JsonNode answer) = await service.PostAsync("public/v1/query/whoami", body);
        Assert.Equal((HttpStatusCode.BadRequest, 3), (status, (int)answer["code"]!));
    }

    [Fact]
    public async Task The_ingress_knows_no_other_host_name_and_says_when_nothing_is_ready()
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient();
        foreach ((string host, HttpStatusCode expected) in ((string, HttpStatusCode)[])[("elsewhere.example", HttpStatusCode.NotFound), ($"app-{service.World.App.Id}.localhost", HttpStatusCode.ServiceUnavailable)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, service.Ingress);
            request.Headers.Host = host;
            Assert.Equal(expected, (await http.SendAsync(request)).StatusCode);
        }
    }

    private static Task<PostShareResult> PostShareAsync(ControlService service, ControlClient client, Fleet.Deployment deployment, int member, string key) => client.SubmitAsync(
        "post_tvc_quorum_key_share",
        new PostShareParameters
        {
            DeploymentId = deployment.Id,
            EphemeralPublicKeyHex = key,
            ShareApprovalBundle = new ShareApprovalBundle
            {
                OperatorId = service.World.App.ShareSet.Operators[member].Id,
                ReEncryptedShareHex = "01",
                Signature = Convert.ToHexStringLower(FleetWorld.Sign(member, deployment)),
            },
        },
        ApiJson.Default.PostShareParameters,
        ApiJson.Default.PostShareResult);

    private static CreateDeploymentParameters Parameters(ControlService service) => new()
    {
        AppId = service.World.App.Id,
        QosVersion = "test",
        PivotContainerImageUrl = service.Image,
        PivotPath = "/app/server",
        PivotArgs = ["--port", "3000"],
        ExpectedPivotDigest = ControlService.PivotDigest,
        HealthCheckType = "TVC_HEALTH_CHECK_TYPE_HTTP",
        HealthCheckPort = 3000,
        PublicIngressPort = 3000,
    };

    private static Task<CreateDeploymentResult> CreateAsync(ControlClient client, CreateDeploymentParameters parameters) =>
        client.SubmitAsync("create_tvc_deployment", parameters, ApiJson.Default.CreateDeploymentParameters, ApiJson.Default.CreateDeploymentResult);

    private static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> wanted)
    {
        T? found = default;
        for (int i = 0; i < 1200; i++)
        {
            found = await look();
            if (wanted(found))
                return found;
            await Task.Delay(50);
        }

        throw new TimeoutException($"It did not come to that within 60 s: {System.Text.Json.JsonSerializer.Serialize(found)}");
    }
}
