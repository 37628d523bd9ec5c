using Microsoft.Playwright;
using Qos.Control.Tests;
using Qos.Fleet;
using Qos.Fleet.World;
using Qos.Protocol;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>
/// A service with something on every page: an app with a live deployment and a next one that one of two has approved, and an app in debug mode whose first
/// deployment waits for shares.
/// </summary>
internal sealed class ConsoleWorld : IAsyncDisposable
{
    private static readonly string[] s_people = ["alice", "bob", "carol"];

    private ConsoleWorld(ControlService service) => Service = service;

    public ControlService Service { get; }

    public FleetWorld World => Service.World;

    public FleetApp Signer { get; private set; } = null!;

    public Deployment Live { get; private set; } = null!;

    public Deployment Next { get; private set; } = null!;

    public Deployment Debug { get; private set; } = null!;

    public static async Task<ConsoleWorld> StartAsync()
    {
        var world = new ConsoleWorld(await ControlService.StartAsync());
        await world.FillAsync();
        return world;
    }

    /// <summary>The address of one of the console's pages.</summary>
    public string At(string page = "/") => $"{Service.Api}console/#{page}";

    /// <summary>Opens the console, registers the key that it shows, and waits until it is let in.</summary>
    public async Task SignInAsync(Visit visit, string name = "olivia")
    {
        await visit.Page.GotoAsync(At());
        await RegisterAsync(visit, name);
        await Expect(visit.Page.Locator("#who")).ToContainTextAsync(name);

        // The refusals until then are the browser's to report, and right.
        visit.Complaints.Clear();
    }

    /// <summary>Makes the key that the page shows known, as <c>qos-control key add</c> does.</summary>
    public async Task RegisterAsync(Visit visit, string name)
    {
        string[] command = (await visit.Page.Locator(".command code").InnerTextAsync()).Split(' ');
        string key = command[Array.IndexOf(command, "--public-key") + 1];
        Assert.True(await World.Database.AddKeyAsync(key, World.OrganizationId, Guid.NewGuid().ToString(), name, default));
    }

    /// <summary>Waits until so many replicas of a deployment are ready.</summary>
    public Task UntilReadyAsync(FleetApp app, Deployment deployment, int replicas) => Until.TrueAsync(
        async () => (await World.Database.ReplicasAsync(app.Id, default)).Count(replica => replica.DeploymentId == deployment.Id && replica.State == ReplicaState.Ready) == replicas, $"{replicas} replicas are not ready");

    /// <summary>Waits until a replica of an app is in a state.</summary>
    public Task UntilAsync(FleetApp app, ReplicaState state) => Until.TrueAsync(
        async () => (await World.Database.ReplicasAsync(app.Id, default)).Any(replica => replica.State == state), $"no replica is in the state {state}");

    public ValueTask DisposeAsync() => Service.DisposeAsync();

    private async Task FillAsync()
    {
        DateTimeOffset now = World.Clock.Now;
        World.Runner.Log =
        [
            new LogLine("listening on 0.0.0.0:3000", now),
            new LogLine("manifest read: prod/treasury, nonce 3", now.AddMilliseconds(12)),
            new LogLine("warning: the price feed did not answer within 2 s", now.AddSeconds(4)),
        ];

        // What people do has its own times; the modules' clocks stay where the documents are valid.
        World.ModuleClock = new HeldClock();
        World.Clock.Now = now.AddHours(-2);
        await World.AddAppAsync("treasury", s_people, allowsDebugMode: true);
        FleetApp treasury = World.App;
        Debug = await World.DeployAsync(2, change: static manifest => manifest with { Pivot = manifest.Pivot with { DebugMode = true } }, with: static deployment => deployment with { DebugMode = true });
        await World.AddAppAsync("signer", s_people);
        Signer = World.App;
        Live = await World.DeployAsync(change: static manifest => manifest with
        {
            Pivot = manifest.Pivot with { Args = ["--port", "3000"], Env = new Dictionary<string, string> { ["RELEASE"] = "1.4.0" } },
        });
        await UntilAsync(Signer, ReplicaState.AwaitingShares);
        await World.ProvisionAsync(0, 2);
        await UntilReadyAsync(Signer, Live, 3);
        await Service.PromoteAsync(Live);
        World.Clock.Now = now.AddMinutes(-5);
        Next = await World.DeployAsync(approve: false, change: static manifest => manifest with
        {
            Pivot = manifest.Pivot with { Args = ["--port", "3000", "--audit"], Env = new Dictionary<string, string> { ["RELEASE"] = "1.5.0" }, Hash = System.Security.Cryptography.SHA256.HashData([5]) },
        });
        await World.ApproveAsync(Next, 1);
        await UntilAsync(treasury, ReplicaState.AwaitingShares);
    }
}
