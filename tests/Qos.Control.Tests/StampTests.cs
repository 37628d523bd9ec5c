using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Qos.Fleet.Api;

namespace Qos.Control.Tests;

/// <summary>Who may ask: stamps replayed, stale, of another organization, over another body.</summary>
public class StampTests
{
    [Fact]
    public async Task A_stamped_question_is_answered()
    {
        await using ControlService service = await ControlService.StartAsync();
        (HttpStatusCode status, JsonNode body) = await service.PostAsync("public/v1/query/whoami", $$"""{"organizationId":"{{service.World.OrganizationId}}"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("tester", (string)body["username"]!);
    }

    [Fact]
    public async Task Without_a_stamp_with_another_body_s_or_of_an_unknown_key_it_is_refused_with_code_16()
    {
        await using ControlService service = await ControlService.StartAsync();
        string body = $$"""{"organizationId":"{{service.World.OrganizationId}}"}""";
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] stamps =
        [
            ApiStamp.Make(Encoding.UTF8.GetBytes(body + " "), service.Ecdsa),
            ApiStamp.Make(Encoding.UTF8.GetBytes(body), stranger),
            "not a stamp",
            "e30",
        ];
        foreach ((HttpStatusCode status, JsonNode answer) in (List<(HttpStatusCode, JsonNode)>)[await service.PostAsync("public/v1/query/whoami", body, unstamped: true), .. await Task.WhenAll(stamps.Select(stamp => service.PostAsync("public/v1/query/whoami", body, stamp)))])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, status);
            Assert.Equal(16, (int)answer["code"]!);
        }
    }

    [Fact]
    public async Task A_removed_key_is_unknown_at_once()
    {
        await using ControlService service = await ControlService.StartAsync();
        await service.World.Database.RemoveKeyAsync(service.Key.PublicKey, default);
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.PostAsync("public/v1/query/whoami", $$"""{"organizationId":"{{service.World.OrganizationId}}"}""")).Status);
    }

    [Fact]
    public async Task A_body_for_another_organization_is_refused_with_code_7()
    {
        await using ControlService service = await ControlService.StartAsync();
        (HttpStatusCode status, JsonNode body) = await service.PostAsync("public/v1/query/whoami", """{"organizationId":"11111111-1111-1111-1111-111111111111"}""");
        Assert.Equal((HttpStatusCode.Forbidden, 7), (status, (int)body["code"]!));
    }

    [Theory]
    [InlineData(-6)]
    [InlineData(6)]
    public async Task A_time_stamp_that_is_minutes_away_is_refused(int minutes)
    {
        await using ControlService service = await ControlService.StartAsync();
        string body = service.Submit("DELETE_TVC_DEPLOYMENT", """{"deploymentId":"x"}""", DateTimeOffset.UtcNow.AddMinutes(minutes).ToUnixTimeMilliseconds());
        (HttpStatusCode status, JsonNode answer) = await service.PostAsync("public/v1/submit/delete_tvc_deployment", body);
        Assert.Equal((HttpStatusCode.BadRequest, 3), (status, (int)answer["code"]!));
        Assert.Contains("timestampMs", (string)answer["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replayed_body_is_the_same_activity_and_does_nothing_again()
    {
        await using ControlService service = await ControlService.StartAsync();
        Fleet.Deployment deployment = await service.World.DeployAsync(approve: false);
        string body = service.Submit("DELETE_TVC_DEPLOYMENT", $$"""{"deploymentId":"{{deployment.Id}}"}""");
        JsonNode first = (await service.PostAsync("public/v1/submit/delete_tvc_deployment", body)).Body;
        string restore = service.Submit("RESTORE_TVC_DEPLOYMENT", $$"""{"deploymentId":"{{deployment.Id}}"}""");
        Assert.Equal(HttpStatusCode.OK, (await service.PostAsync("public/v1/submit/restore_tvc_deployment", restore)).Status);
        JsonNode again = (await service.PostAsync("public/v1/submit/delete_tvc_deployment", body)).Body;
        Assert.Equal((string)first["activity"]!["id"]!, (string)again["activity"]!["id"]!);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), (string)again["activity"]!["fingerprint"]!);
        Assert.False((await service.World.Database.DeploymentAsync(service.World.OrganizationId, deployment.Id, default))!.IsDeleted);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using ControlService service = await ControlService.StartAsync();
        (HttpStatusCode status, _) = await service.PostAsync("public/v1/query/whoami", new string(' ', RequestGate.MaxBody + 1));
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Theory]
    [InlineData("02" + "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("04" + "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")]
    [InlineData("")]
    public void What_is_no_key_is_none(string key) => Assert.Throws<FormatException>(() => ApiStamp.Import(key));

    [Fact]
    public void A_compressed_key_is_the_key()
    {
        for (int i = 0; i < 20; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            byte[] body = RandomNumberGenerator.GetBytes(i);
            var stamp = ApiStamp.Read(ApiStamp.Make(body, key));
            Assert.Equal(ApiStamp.PublicKeyOf(key), stamp.PublicKey);
            stamp.Verify(body);
            Assert.Throws<ApiException>(() => stamp.Verify([.. body, 0]));
        }
    }
}
