using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Qos.Fleet.Api;
using Qos.Listening;

namespace Qos.Control.Tests;

/// <summary>Bodies that mean two things, or that could be kept and never be shown again: the list of activities is read for ever.</summary>
public class HostileBodyTests
{
    private const string Delete = "public/v1/submit/delete_tvc_deployment";

    [Theory]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","Parameters":{"deploymentId":"x"}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x"},"parameters":{"deploymentId":"y"}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x","deploymentId":"y"}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x","other":"\ud800"}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x","\udc00":1}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"\u0000"}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x","other":DEEP}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x","other":"LATIN1"}}""")]
    [InlineData("""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT","timestampMs":"TIME","organizationId":"ORG","parameters":{"deploymentId":"x","other":[null]}}""")]
    public async Task A_body_that_could_not_be_shown_again_is_refused_and_not_kept(string template)
    {
        await using ControlService service = await ControlService.StartAsync();
        string text = template.Replace("TIME", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("ORG", service.World.OrganizationId, StringComparison.Ordinal)
            .Replace("DEEP", new string('[', 61) + new string(']', 61), StringComparison.Ordinal);
        byte[] body = Encoding.UTF8.GetBytes(text);
        int latin1 = body.AsSpan().IndexOf("LATIN1"u8);
        if (latin1 >= 0)
            body[latin1] = 0xe9;
        (HttpStatusCode status, JsonNode answer) = await service.PostAsync(Delete, body);
        (HttpStatusCode listed, JsonNode list) = await service.PostAsync(
            "public/v1/query/list_activities", $$"""{"organizationId":"{{service.World.OrganizationId}}"}""");
        Assert.Equal((HttpStatusCode.BadRequest, 3), (status, (int)answer["code"]!));
        Assert.Equal(HttpStatusCode.OK, listed);
        Assert.DoesNotContain(list["activities"]!.AsArray(), static activity => (string)activity!["type"]! == "ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT");
    }

    [Fact]
    public async Task What_is_shown_as_asked_for_is_what_was_done()
    {
        await using ControlService service = await ControlService.StartAsync();
        Fleet.Deployment one = await service.World.DeployAsync(approve: false), two = await service.World.DeployAsync(approve: false);
        string body = service.Submit("DELETE_TVC_DEPLOYMENT", $$"""{"deploymentId":"{{one.Id}}"},"Parameters":{"deploymentId":"{{two.Id}}"}""");
        (_, JsonNode answer) = await service.PostAsync(Delete, body);
        string shown = (string)answer["activity"]!["intent"]!["deleteTvcDeploymentIntent"]!["deploymentId"]!;
        Fleet.Deployment[] deleted = [.. (await service.World.Database.DeploymentsAsync(service.World.App.Id, 10, default)).Where(static deployment => deployment.IsDeleted)];
        Assert.Equal(shown, Assert.Single(deleted).Id);
    }

    [Theory]
    [InlineData("create_tvc_manifest_approvals", "CREATE_TVC_MANIFEST_APPROVALS", """{"manifestId":"MANIFEST","approvals":[null]}""")]
    [InlineData("create_tvc_deployment", "CREATE_TVC_DEPLOYMENT", """{"appId":"APP","qosVersion":"test","pivotContainerImageUrl":"x","pivotPath":"/x","expectedPivotDigest":"00","pivotEnv":[null]}""")]
    [InlineData("create_tvc_app", "CREATE_TVC_APP", """{"name":"x","quorumPublicKey":"KEY","manifestSetParams":{"name":"x","threshold":1,"newOperators":[null]},"shareSetId":"x"}""")]
    public async Task A_null_in_a_list_is_the_caller_s_fault(string name, string type, string template)
    {
        await using ControlService service = await ControlService.StartAsync();
        Fleet.Deployment deployment = await service.World.DeployAsync(approve: false);
        string parameters = template.Replace("MANIFEST", deployment.ManifestId, StringComparison.Ordinal).Replace("APP", service.World.App.Id, StringComparison.Ordinal)
            .Replace("KEY", service.World.App.QuorumPublicKey, StringComparison.Ordinal);
        (HttpStatusCode status, JsonNode answer) = await service.PostAsync($"public/v1/submit/{name}", service.Submit(type, parameters));
        Assert.Equal((HttpStatusCode.BadRequest, 3), (status, (int)answer["code"]!));
    }

    [Fact]
    public async Task An_activity_that_was_kept_before_bodies_were_checked_is_still_listed()
    {
        await using ControlService service = await ControlService.StartAsync();
        foreach (string parameters in (string[])["\"Parameters\":{}", "\"parameters\":{\"x\":\"\\ud800\"}", "\"parameters\":" + string.Concat(Enumerable.Repeat("{\"x\":", 60)) + "1" + new string('}', 60)])
        {
            byte[] body = Encoding.UTF8.GetBytes($$"""{"type":"ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT",{{parameters}}}""");
            await service.World.Database.BeginActivityAsync(
                new Fleet.Storage.ActivityRecord
                {
                    Id = Guid.NewGuid().ToString(),
                    OrganizationId = service.World.OrganizationId,
                    Type = "ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT",
                    Status = "ACTIVITY_STATUS_COMPLETED",
                    Fingerprint = Guid.NewGuid().ToString(),
                    Body = body,
                    Stamp = "old",
                    PublicKey = service.Key.PublicKey,
                    UserId = "old",
                    CreatedAt = DateTimeOffset.UnixEpoch,
                    UpdatedAt = DateTimeOffset.UnixEpoch,
                },
                default);
        }

        (HttpStatusCode status, JsonNode list) = await service.PostAsync(
            "public/v1/query/list_activities", $$$"""{"organizationId":"{{{service.World.OrganizationId}}}","filterByType":["ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT"]}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(3, list["activities"]!.AsArray().Count(static activity => activity!["body"] is not null));
    }

    [Theory]
    [InlineData("GET", "public/v1/query/whoami", HttpStatusCode.MethodNotAllowed, 12)]
    [InlineData("PUT", "public/v1/submit/create_tvc_app", HttpStatusCode.MethodNotAllowed, 12)]
    [InlineData("GET", "events", HttpStatusCode.MethodNotAllowed, 12)]
    [InlineData("POST", "public/v1/query", HttpStatusCode.NotFound, 5)]
    [InlineData("POST", "public/v2/query/whoami", HttpStatusCode.NotFound, 5)]
    [InlineData("POST", "boot-proofs/00", HttpStatusCode.MethodNotAllowed, 12)]
    [InlineData("GET", "no/such.file", HttpStatusCode.NotFound, 5)]
    public async Task Another_path_or_method_is_refused_in_the_api_s_form(string method, string path, HttpStatusCode expected, int code)
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(service.Api, path));
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal((expected, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal(code, (int)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]!);
    }

    [Fact]
    public async Task A_body_that_ends_early_is_the_caller_s_fault()
    {
        var context = new DefaultHttpContext { Request = { Body = new EndsEarly() } };
        Assert.Equal(ApiCode.InvalidArgument, (await Assert.ThrowsAsync<ApiException>(() => RequestGate.ReadAsync(context, 100))).Code);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void A_network_of_ipv6_that_one_party_has_counts_as_one_address(string one, string other, bool same) =>
        Assert.Equal(same, ClientAddress.Of(IPAddress.Parse(one)) == ClientAddress.Of(IPAddress.Parse(other)));

    [Fact]
    public async Task A_page_ends_where_its_bodies_are_too_long_and_the_next_one_goes_on()
    {
        await using ControlService service = await ControlService.StartAsync();
        string long_ = new('x', RequestGate.MaxBody - 1000);
        for (int i = 0; i < 7; i++)
            await service.PostAsync(Delete, service.Submit("DELETE_TVC_DEPLOYMENT", $$"""{"deploymentId":"{{i}}","other":"{{long_}}"}"""));
        var seen = new HashSet<string>();
        for (string before = ""; seen.Count < 7;)
        {
            JsonArray page = (await service.PostAsync(
                "public/v1/query/list_activities",
                $$$"""{"organizationId":"{{{service.World.OrganizationId}}}","filterByType":["ACTIVITY_TYPE_DELETE_TVC_DEPLOYMENT"],"paginationOptions":{"limit":"100","before":"{{{before}}}"}}""")).Body["activities"]!.AsArray();
            Assert.InRange(page.Count, 1, 5);
            Assert.All(page, activity => Assert.True(seen.Add((string)activity!["id"]!)));
            before = (string)page[^1]!["id"]!;
        }
    }

    [Fact]
    public async Task Who_has_no_known_key_is_refused_before_a_body_is_waited_for()
    {
        await using ControlService service = await ControlService.StartAsync();
        using var stranger = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        foreach (string header in (string[])["", $"{ApiStamp.Header}: {ApiStamp.Make("{}"u8, stranger)}\r\n"])
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(service.Api.Host, service.Api.Port);
            NetworkStream stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /public/v1/query/whoami HTTP/1.1\r\nHost: {service.Api.Authority}\r\nContent-Length: 1000000\r\n{header}\r\n{{"));
            byte[] first = new byte[12];
            await stream.ReadExactlyAsync(first);
            Assert.Equal("HTTP/1.1 401", Encoding.ASCII.GetString(first));
        }
    }

    /// <summary>What Kestrel gives when a client goes in the middle of its body.</summary>
    private sealed class EndsEarly : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new BadHttpRequestException("Unexpected end of request content.");
    }
}
