using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Qos.Registry;

namespace Qos.Control.Tests;

/// <summary>What is scarce is bounded: requests, pages, the disk.</summary>
public class LimitTests
{
    [Fact]
    public async Task Whoever_asks_too_often_is_told_to_wait_a_second()
    {
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { Settings = static settings => settings with { RequestsPerSecond = 2 } });
        string body = $$"""{"organizationId":"{{service.World.OrganizationId}}"}""";
        var answers = new List<(HttpStatusCode Status, JsonNode Body)>();
        for (int i = 0; i < 30; i++)
            answers.Add(await service.PostAsync("public/v1/query/whoami", body));
        Assert.All(answers.Take(8), static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        (HttpStatusCode Status, JsonNode Body) refused = answers.First(static answer => answer.Status != HttpStatusCode.OK);
        Assert.Equal((HttpStatusCode.TooManyRequests, 8), (refused.Status, (int)refused.Body["code"]!));

        // Those who need no stamp as well, by their address.
        using var http = new HttpClient();
        HttpStatusCode[] public_ = [.. await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ => (await http.GetAsync(new Uri(service.Api, $"apps/{service.World.App.Id}/boot-proofs"))).StatusCode))];
        Assert.Contains(HttpStatusCode.TooManyRequests, public_);
        Assert.Equal("ok", await service.GetAsync("healthz"));
        await Until.TrueAsync(async () => (await service.PostAsync("public/v1/query/whoami", body)).Status == HttpStatusCode.OK, "it is refused for good");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    [InlineData("many")]
    public async Task A_page_has_1_to_100_entries(string limit)
    {
        await using ControlService service = await ControlService.StartAsync();
        (HttpStatusCode status, JsonNode answer) = await service.PostAsync(
            "public/v1/query/list_activities", $$$"""{"organizationId":"{{{service.World.OrganizationId}}}","paginationOptions":{"limit":"{{{limit}}}"}}""");
        Assert.Equal((HttpStatusCode.BadRequest, 3), (status, (int)answer["code"]!));
    }

    [Fact]
    public async Task On_a_full_disk_an_executable_is_not_kept_by_half_and_taken_when_there_is_room()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root makes a small disk");
        await using ControlService service = await ControlService.StartAsync();
        string disk = Directory.CreateTempSubdirectory("qos-disk-").FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk);
        try
        {
            using ServiceKey key = ServiceKey.Open(Path.Combine(service.Data, ServiceKey.FileName));
            using var registry = new RegistryClient(new RegistryOptions());
            var pivots = new PivotStore(Path.Combine(disk, "pivots"), registry, key, RegistryCredentials.None);
            ResolvedImage image = await pivots.ResolveAsync(ImageReference.Parse(service.Image), null, default);
            byte[] sha256 = SHA256.HashData(ControlService.Pivot);
            string filler = Path.Combine(disk, "filler");
            await Assert.ThrowsAsync<IOException>(() => File.WriteAllBytesAsync(filler, new byte[128 * 1024]));
            RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => pivots.TakeAsync(image, "/app/server", sha256, null, default));
            Assert.Equal(RegistryError.Unavailable, refused.Error);
            Assert.Contains("cannot be written", refused.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.Exists(Path.Combine(disk, "pivots")) ? Directory.GetFiles(Path.Combine(disk, "pivots")) : []);
            File.Delete(filler);
            Assert.Equal(ControlService.Pivot, await File.ReadAllBytesAsync(await pivots.TakeAsync(image, "/app/server", sha256, null, default)));
        }
        finally
        {
            await RunAsync("umount", "--lazy", disk);
            Directory.Delete(disk);
        }
    }

    [Fact]
    public async Task An_address_that_holds_all_of_the_APIs_connections_keeps_nobody_out()
    {
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { Limits = new ConnectionLimits(64) });
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                idle.Add(From("127.0.0.2"));
                try
                {
                    await idle[^1].ConnectAsync(IPAddress.Loopback, service.Api.Port);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
                {
                    // Refused so soon that it was not seen as connected.
                }
            }

            // Each on a connection of its own.
            for (int i = 0; i < 5; i++)
            {
                using var http = new HttpClient();
                Assert.Equal("ok", await http.GetStringAsync(new Uri(service.Api, "healthz")));
            }

            Assert.Equal(HttpStatusCode.OK, (await service.PostAsync("public/v1/query/whoami", $$"""{"organizationId":"{{service.World.OrganizationId}}"}""")).Status);
        }
        finally
        {
            idle.ForEach(static socket => socket.Dispose());
        }
    }

    private static Socket From(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
