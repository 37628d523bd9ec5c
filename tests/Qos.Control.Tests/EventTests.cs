using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Qos.Fleet;
using Qos.Fleet.Api;

namespace Qos.Control.Tests;

/// <summary>Server-sent events: of one's own organization, within bounds, for as long as the key is known.</summary>
public class EventTests
{
    [Fact]
    public async Task A_watcher_is_told_of_its_own_organization_alone()
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient { BaseAddress = service.Api };
        using StreamReader events = await WatchAsync(service, http);
        service.Publish(Change("another organization", "secret"));
        service.Publish(Change(service.World.OrganizationId, "a name\n\nevent: forged\ndata: {}"));
        Assert.Equal("event: replica", await events.ReadLineAsync());
        string data = (await events.ReadLineAsync())!;
        Assert.StartsWith("data: {", data, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", data, StringComparison.Ordinal);

        // A line break in a value ends no event.
        Assert.Contains(@"a name\n\nevent: forged", data, StringComparison.Ordinal);
        Assert.Equal("", await events.ReadLineAsync());
    }

    [Fact]
    public void A_slow_watcher_keeps_the_last_changes_and_is_told_that_it_missed_some()
    {
        var hub = new EventHub();
        EventWatcher watcher = hub.Watch("ours")!;
        for (int i = 0; i < 300; i++)
            hub.Publish(Change("ours", i.ToString(CultureInfo.InvariantCulture)));
        Assert.True(watcher.TakeMissed());
        Assert.False(watcher.TakeMissed());
        var kept = new List<string>();
        while (watcher.Changes.TryRead(out FleetEvent? change))
            kept.Add(change.Id);
        Assert.Equal(Enumerable.Range(300 - 256, 256).Select(static i => i.ToString(CultureInfo.InvariantCulture)), kept);
    }

    [Fact]
    public void One_organization_leaves_room_for_the_others_and_all_have_an_end()
    {
        var hub = new EventHub();
        EventWatcher first = hub.Watch("ours", most: 2)!;
        Assert.NotNull(hub.Watch("ours", most: 2));
        Assert.Null(hub.Watch("ours", most: 2));
        Assert.NotNull(hub.Watch("theirs", most: 2));
        hub.Leave(first);
        Assert.NotNull(hub.Watch("ours", most: 2));
        int more = 0;
        while (hub.Watch() is not null)
            more++;
        Assert.Equal(4096 - 3, more);
    }

    [Fact]
    public async Task A_watchers_stream_ends_after_its_key_was_removed()
    {
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { Heartbeat = TimeSpan.FromMilliseconds(50) });
        using var http = new HttpClient { BaseAddress = service.Api };
        using StreamReader events = await WatchAsync(service, http);
        Assert.Equal(": still here", await events.ReadLineAsync());
        Assert.True(await service.World.Database.RemoveKeyAsync(service.Key.PublicKey, default));

        // At the next heartbeat; one may have been on its way.
        string? line;
        while ((line = await events.ReadLineAsync()) is not null)
            Assert.True(line is "" or ": still here", line);
    }

    [Fact]
    public async Task A_service_that_stops_ends_the_streams_and_does_not_wait_for_their_watchers()
    {
        await using ControlService service = await ControlService.StartAsync();
        using var http = new HttpClient { BaseAddress = service.Api };
        using StreamReader events = await WatchAsync(service, http);
        service.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        // The stream's own end, and no broken connection.
        Assert.Equal("", await events.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Whoever_has_no_known_key_watches_nothing_and_learns_nothing()
    {
        await using ControlService service = await ControlService.StartAsync();
        (System.Net.HttpStatusCode status, _) = await service.PostAsync("events", $$"""{"organizationId":"{{service.World.OrganizationId}}"}""", unstamped: true);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, status);
        (status, _) = await service.PostAsync("events", """{"organizationId":"another"}""");
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, status);

        // Only whose a key is may be asked without saying whose it should be.
        (status, System.Text.Json.Nodes.JsonNode me) = await service.PostAsync("public/v1/query/whoami", "{}");
        Assert.Equal((System.Net.HttpStatusCode.OK, service.World.OrganizationId), (status, (string)me["organizationId"]!));
        (status, _) = await service.PostAsync("public/v1/query/list_tvc_apps", "{}");
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, status);
    }

    private static FleetEvent Change(string organization, string id) => new("replica", organization, "app", "deployment", id, "Ready", DateTimeOffset.UnixEpoch);

    private static async Task<StreamReader> WatchAsync(ControlService service, HttpClient http)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"organizationId":"{{service.World.OrganizationId}}"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "events") { Content = new ByteArrayContent(body), Headers = { { ApiStamp.Header, ApiStamp.Make(body, service.Ecdsa) } } };
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": watching", await events.ReadLineAsync());
        Assert.Equal("", await events.ReadLineAsync());
        return events;
    }
}
