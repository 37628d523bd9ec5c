using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Client;
using Qos.Fleet.Storage;
using Qos.Keys;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Fleet.World;

/// <summary>A fleet with a real database, real manifests, approvals and documents, and simulated nodes.</summary>
public sealed class FleetWorld : ITraffic, IPivotSource, IAsyncDisposable
{
    // One authority and one set of people for all tests: making keys takes longer than most of them.
    public static readonly SimulatorPki Pki = SimulatorPki.Create(new HeldClock());
    public static readonly Dictionary<int, byte[]> Pcrs = Enumerable.Range(0, 5).ToDictionary(static index => index, static index => Enumerable.Repeat((byte)(0xA0 + index), 48).ToArray());
    private static readonly KeySet s_quorum = KeySet.Generate(SystemRandomSource.Instance);
    private static readonly KeySet[] s_people = [.. Enumerable.Range(0, 3).Select(static _ => KeySet.Generate(SystemRandomSource.Instance))];

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, KeySet> s_nodeKeys = new(StringComparer.Ordinal);

    private int _nonce;
    private string? _folder;

    private FleetWorld(FleetDatabase database, HeldClock clock)
    {
        (Database, Clock, ModuleClock) = (database, clock, clock);
        Runner = new SimulatedRunner(this);
        Settings = new FleetSettings { DrainAtLeast = TimeSpan.Zero };
    }

    public HeldClock Clock { get; }

    /// <summary>The modules' clock; another one than the service's where a test says so.</summary>
    public HeldClock ModuleClock { get; set; }

    public FleetDatabase Database { get; }

    public SimulatedRunner Runner { get; }

    public Interruption Interruption { get; } = new();

    public FleetSettings Settings { get; set; }

    public string OrganizationId { get; } = Guid.NewGuid().ToString();

    public FleetApp App { get; private set; } = null!;

    public int Traffic { get; set; }

    /// <summary>What events were told.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<FleetEvent> Events { get; } = [];

    public static FleetTrust Trust => new(Pki.RootDer, [new EnclaveImage("test", Pcrs.Where(static pcr => pcr.Key <= 3).ToDictionary())]);

    /// <summary>A world with an app, on an open database.</summary>
    public static async Task<FleetWorld> OnAsync(Func<TimeProvider, Task<FleetDatabase>> open)
    {
        var clock = new HeldClock();
        var world = new FleetWorld(await open(clock), clock);
        await world.Database.AddOrganizationAsync(world.OrganizationId, "test", default);
        await world.AddAppAsync();
        return world;
    }

    /// <summary>A world on SQLite in a folder that goes with it.</summary>
    public static async Task<FleetWorld> OnSqliteAsync()
    {
        string folder = Directory.CreateTempSubdirectory("qos-fleet-").FullName;
        FleetWorld world = await OnAsync(time => FleetDatabase.OpenAsync($"sqlite:{folder}/fleet.db", time));
        world._folder = folder;
        return world;
    }

    /// <summary>Another app, which everything after this is about.</summary>
    public async Task AddAppAsync(string name = "app", IReadOnlyList<string>? aliases = null, bool allowsDebugMode = false)
    {
        DateTimeOffset now = Clock.Now;
        FleetOperator[] operators = [.. s_people.Select((key, i) => new FleetOperator(Guid.NewGuid().ToString(), OrganizationId, aliases?[i] ?? Alias(i), key.PublicKey.ToHex(), now))];
        OperatorSet manifestSet = new(Guid.NewGuid().ToString(), OrganizationId, "approvers", 2, operators, now);
        OperatorSet shareSet = new(Guid.NewGuid().ToString(), OrganizationId, "holders", 2, operators, now);
        App = new FleetApp
        {
            Id = Guid.NewGuid().ToString(),
            OrganizationId = OrganizationId,
            Name = name,
            AllowsDebugMode = allowsDebugMode,
            QuorumPublicKey = s_quorum.PublicKey.ToHex(),
            ManifestSet = manifestSet,
            ShareSet = shareSet,
            CreatedAt = now,
            UpdatedAt = now,
        };
        Require(await Database.CreateAppAsync(await ActivityAsync(), "{}", App, operators, [manifestSet, shareSet], default));
    }

    /// <summary>A deployment, approved or not.</summary>
    public async Task<Deployment> DeployAsync(int replicas = 3, bool approve = true, string? pcr3 = null, Func<Manifest, Manifest>? change = null, Func<Deployment, Deployment>? with = null)
    {
        Dictionary<int, byte[]> pcrs = Pcrs.Where(static pcr => pcr.Key <= 3).ToDictionary();
        if (pcr3 is not null)
            pcrs[3] = Nsm.Pcr.FromRoleArn(pcr3);
        Manifest manifest = new ManifestRecipe
        {
            Namespace = App.Namespace,
            Nonce = (uint)++_nonce,
            QuorumKey = s_quorum.PublicKey,
            PivotHash = SHA256.HashData([1, 2, 3]),
            Restart = RestartPolicy.Always,
            Bridges = [new BridgeConfig.Server(3000, "0.0.0.0")],
            ManifestSet = App.ManifestSet.ToMemberSet(),
            ShareSet = App.ShareSet.ToMemberSet(),
            Pcrs = pcrs,
            Root = Pki.RootDer,
        }.Build();
        manifest = change?.Invoke(manifest) ?? manifest;
        var deployment = new Deployment
        {
            Id = Guid.NewGuid().ToString(),
            ManifestId = Guid.NewGuid().ToString(),
            AppId = App.Id,
            OrganizationId = OrganizationId,
            ManifestBytes = ManifestFormat.Write(manifest),
            QosVersion = "test",
            ImageUrl = "registry.example/app:1",
            ImageDigest = "sha256:" + new string('0', 64),
            PivotPath = "/app",
            PivotArgs = [],
            Health = new HealthCheck(HealthCheckKind.Http, 3000),
            IngressPort = 3000,
            Replicas = replicas,
            CreatedAt = Clock.Now,
            UpdatedAt = Clock.Now,
        };
        deployment = with?.Invoke(deployment) ?? deployment;
        Require(await Database.CreateDeploymentAsync(await ActivityAsync(), "{}", deployment, default));
        if (approve)
            await ApproveAsync(deployment);
        return deployment;
    }

    /// <summary>A replica in the database that is ready, without its way there and without an instance.</summary>
    public async Task<Replica> AddReadyReplicaAsync(Deployment deployment, int slot, string address = "127.0.0.1:3000")
    {
        var replica = new Replica
        {
            Id = Guid.CreateVersion7().ToString(),
            DeploymentId = deployment.Id,
            AppId = deployment.AppId,
            Slot = slot,
            Mode = BootMode.KeyForward,
            State = ReplicaState.Starting,
            CreatedAt = Clock.Now,
            UpdatedAt = Clock.Now,
        };
        Require(await Database.AddReplicaAsync(replica, default));
        replica = replica with { State = ReplicaState.Ready, EphemeralKey = replica.Id, ReadyAt = Clock.Now, HostUrl = $"http://{replica.Id}/", IngressAddress = address };
        Require(await Database.SaveReplicaAsync(replica, default));
        return replica;
    }

    /// <summary>The first two approve, or those who are named.</summary>
    public async Task ApproveAsync(Deployment deployment, params int[] people)
    {
        StoredApproval[] approvals =
        [
            .. (people.Length == 0 ? [0, 1] : people).Select(i => new StoredApproval(
                Guid.NewGuid().ToString(), deployment.ManifestId, App.ManifestSet.Operators[i], s_people[i].Sign(deployment.ManifestHash.Span), Clock.Now)),
        ];
        Require(await Database.AddApprovalsAsync(await ActivityAsync(), "{}", approvals, default));
    }

    /// <summary>A person's approval of a deployment's manifest.</summary>
    public static byte[] Sign(int person, Deployment deployment) => SignHash(person, deployment.ManifestHash.Span);

    /// <summary>A person's approval of the manifest with a hash.</summary>
    public static byte[] SignHash(int person, ReadOnlySpan<byte> hash) => s_people[person].Sign(hash);

    /// <summary>An app proof by a node with a live key.</summary>
    public static string AppProof(string ephemeralKey)
    {
        string payload = $$"""{"type":"TEST","timestampMs":"{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}"}""";
        return System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["scheme"] = "SIGNATURE_SCHEME_EPHEMERAL_KEY_P256",
            ["publicKey"] = ephemeralKey,
            ["proofPayload"] = payload,
            ["signature"] = Convert.ToHexStringLower(s_nodeKeys[ephemeralKey].Sign(System.Text.Encoding.UTF8.GetBytes(payload))),
        });
    }

    /// <summary>Members post their shares to the replica that waits for them, as often as one waits.</summary>
    public async Task ProvisionAsync(params int[] members)
    {
        foreach (Replica waiting in (await Database.ReplicasAsync(App.Id, default)).Where(static replica => replica.State == ReplicaState.AwaitingShares))
        {
            IReadOnlyList<ProvisioningShare> there = await Database.SharesAsync(waiting.DeploymentId, default);
            foreach (int member in members.Where(member => !there.Any(share => share.SetupKey == waiting.SetupKey && share.Operator.Id == App.ShareSet.Operators[member].Id)))
            {
                var share = new ProvisioningShare
                {
                    Id = Guid.NewGuid().ToString(),
                    DeploymentId = waiting.DeploymentId,
                    Operator = App.ShareSet.Operators[member],
                    SetupKey = waiting.SetupKey!,
                    EncryptedShare = new byte[] { 1 },
                    Signature = new byte[64],
                    State = ShareState.Posted,
                    CreatedAt = Clock.Now,
                };
                Require(await Database.AddShareAsync(await ActivityAsync(), "{}", share, default));
            }
        }
    }

    /// <summary>A service that was just started on what is there.</summary>
    /// <param name="time">The reconciler's clock and timers; the world's clock when left out.</param>
    /// <param name="logger">Gets what it logs.</param>
    public Reconciler Start(TimeProvider? time = null, ILogger<Reconciler>? logger = null) => new(
        new FleetParts
        {
            Store = new InterruptedStore(Database, Interruption),
            Runner = Runner,
            Nodes = Runner,
            Pivots = this,
            Verifier = new ReplicaVerifier(Trust, Clock),
            Traffic = this,
            Time = time ?? Clock,
            Settings = Settings,
            Metrics = new FleetMetrics(),
            Publish = Events.Enqueue,
        },
        logger ?? NullLogger<Reconciler>.Instance);

    /// <summary>Passes until nothing changes any more.</summary>
    public static async Task SettleAsync(Reconciler reconciler, CancellationToken cancellationToken = default)
    {
        // A start changes nothing by itself: what it brings is seen in the pass after it.
        int idle = 0;
        for (int i = 0; i < 80; i++)
        {
            idle = await reconciler.PassAsync(null, cancellationToken) == 0 ? idle + 1 : 0;
            if (idle == 3)
                return;
        }

        throw new InvalidOperationException("It does not come to rest.");
    }

    /// <summary>Passes, with shares whenever they are asked for, until nothing changes any more.</summary>
    public async Task RunAsync(Reconciler reconciler)
    {
        await SettleAsync(reconciler, Interruption.Life);
        await ProvisionAsync(0, 1);
        await SettleAsync(reconciler, Interruption.Life);
    }

    public async Task<IReadOnlyList<Replica>> ReplicasAsync() => await Database.ReplicasAsync(App.Id, default);

    public SimulatedNode Node(Replica replica) => Runner.Nodes[replica.Id];

    public async Task<string> ActivityAsync()
    {
        string id = Guid.NewGuid().ToString();
        await Database.BeginActivityAsync(
            new ActivityRecord
            {
                Id = id,
                OrganizationId = OrganizationId,
                Type = "ACTIVITY_TYPE_TEST",
                Status = "ACTIVITY_STATUS_PENDING",
                Fingerprint = id,
                Body = """{"parameters":{}}"""u8.ToArray(),
                Stamp = "stamp",
                PublicKey = "02",
                UserId = "user",
                CreatedAt = Clock.Now,
                UpdatedAt = Clock.Now,
            },
            default);
        return id;
    }

    public static byte[] NewKey()
    {
        KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        s_nodeKeys[key.PublicKey.ToHex()] = key;
        return key.PublicKey.Bytes.ToArray();
    }

    public int InFlight(string replicaId) => Traffic;

    public Task<string> PathAsync(Deployment deployment, CancellationToken cancellationToken) => Task.FromResult("/pivot");

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    private static string Alias(int index) => string.Create(CultureInfo.InvariantCulture, $"member-{index + 1}");

    private static void Require(bool done)
    {
        if (!done)
            throw new InvalidOperationException("The database did not keep what the test needs.");
    }
}
