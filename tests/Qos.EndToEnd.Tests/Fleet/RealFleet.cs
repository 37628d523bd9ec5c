using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Qos.Client;
using Qos.EndToEnd.Local;
using Qos.Fleet.Api;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.EndToEnd.Fleet;

/// <summary>The published control service, one or more of it on one database, with real replicas; and the people around it.</summary>
public sealed class RealFleet : IAsyncDisposable
{
    private const string RoleArn = "arn:aws:iam::123456789012:role/Webserver";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Action<string> _log;
    private readonly FleetSetup _setup;
    private readonly string _home = Directory.CreateTempSubdirectory("qf-").FullName;
    private readonly Quorum _quorum = Quorum.Deal();
    private readonly ImageRegistry _registry;
    private readonly HashSet<string> _served = new(StringComparer.Ordinal);
    private CreateAppResult _app = null!;

    private RealFleet(Action<string> log, FleetSetup setup)
    {
        (_log, _setup) = (log, setup);
        _registry = new ImageRegistry(setup.Program);
    }

    /// <summary>The services.</summary>
    public List<RunningProgram> Services { get; } = [];

    /// <summary>A client of each.</summary>
    public List<ControlClient> Clients { get; } = [];

    /// <summary>Where each one's ingress is.</summary>
    public List<Uri> Ingresses { get; } = [];

    /// <summary>The app.</summary>
    public string AppId => _app.AppId;

    /// <summary>The name that the app is reached under.</summary>
    public string AppHost => $"app-{AppId}.localhost";

    /// <summary>The folder of the services' settings, keys and database.</summary>
    public string Settings => Path.Combine(_home, "c");

    /// <summary>The quorum key, hex.</summary>
    public string QuorumKey => Convert.ToHexStringLower(_quorum.PublicKey.Span);

    /// <summary>Where the first service's API and pages are.</summary>
    public Uri Api { get; private set; } = null!;

    /// <summary>Where the replicas' folders are.</summary>
    public string Replicas => Path.Combine(_home, "c", "replicas");

    /// <summary>Services that answer, with an app.</summary>
    public static async Task<RealFleet> StartAsync(Action<string> log, FleetSetup setup)
    {
        var fleet = new RealFleet(log, setup);
        try
        {
            await fleet.StartAsync();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>A replica's folder.</summary>
    public string FolderOf(string replicaId)
    {
        ArgumentNullException.ThrowIfNull(replicaId);
        return Path.Combine(Replicas, replicaId[^12..]);
    }

    /// <summary>The processes that were started in a replica's folder, by the name of their program.</summary>
    public ILookup<string, int> ProcessesOf(string replicaId) => ProcessesBelow(FolderOf(replicaId));

    /// <summary>Makes a deployment, and has it approved.</summary>
    public async Task<string> DeployAsync(int replicas, bool debug = false)
    {
        string deployment = await CreateAsync(replicas, debug);
        await ApproveAsync(deployment, 0, 1);
        return deployment;
    }

    /// <summary>Makes a deployment.</summary>
    public async Task<string> CreateAsync(int replicas, bool debug = false)
    {
        CreateDeploymentResult made = await Clients[0].SubmitAsync(
            "create_tvc_deployment",
            new CreateDeploymentParameters
            {
                AppId = AppId,
                QosVersion = "local",
                PivotContainerImageUrl = _registry.Image,
                PivotPath = "/app/server",
                PivotArgs = _setup.Arguments,
                ExpectedPivotDigest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(_setup.Program))),
                HealthCheckPort = 3000,
                PublicIngressPort = 3000,
                Replicas = (uint)replicas,
                DebugMode = debug,
            },
            ApiJson.Default.CreateDeploymentParameters,
            ApiJson.Default.CreateDeploymentResult);
        return made.DeploymentId;
    }

    /// <summary>Members approve a deployment's manifest.</summary>
    public async Task ApproveAsync(string deploymentId, params int[] members)
    {
        ApiDeployment deployment = (await Clients[0].QueryAsync("get_tvc_deployment", new QueryParameters { DeploymentId = deploymentId })).TvcDeployment!;
        byte[] hash = ManifestFormat.Read(deployment.Manifest.Manifest).Hash();
        await Clients[0].SubmitAsync(
            "create_tvc_manifest_approvals",
            new CreateApprovalsParameters
            {
                ManifestId = deployment.Manifest.Id,
                Approvals = [.. members.Select(i => new ManifestApprovalParameters { OperatorId = _app.ManifestSetOperatorIds[i], Signature = Convert.ToHexStringLower(_quorum.Approvers[i].Key.Sign(hash)) })],
            },
            ApiJson.Default.CreateApprovalsParameters,
            ApiJson.Default.CreateApprovalsResult);
    }

    /// <summary>Runs <c>qos</c> as the administrator.</summary>
    public async Task<(int ExitCode, string Output)> QosAsync(params string[] words)
    {
        (int exitCode, string[] output, string[] errors) = await RunningProgram.RunAsync(
            "qos", [.. words, "--control", Api.ToString(), "--api-key", Path.Combine(_home, "c", "admin.apikey")]);
        return (exitCode, string.Join('\n', output.Concat(errors)));
    }

    /// <summary>A deployment's file for <c>qos deploy create</c>; its image is the fleet's own when none is named.</summary>
    public async Task<string> FileAsync(string? image = null, bool debug = false, int replicas = 1)
    {
        string path = Path.Combine(_home, "deploy.yaml"), digest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(_setup.Program)));
        await File.WriteAllTextAsync(path, string.Create(CultureInfo.InvariantCulture, $"""
            appId: {AppId}
            qosVersion: local
            pivotContainerImageUrl: {image ?? _registry.Image}
            pivotPath: /app/server
            expectedPivotDigest: {digest}
            pivotArgs: {JsonSerializer.Serialize(_setup.Arguments)}
            healthCheckPort: 3000
            publicIngressPort: 3000
            replicas: {replicas}
            dangerousDeployDebugMode: {(debug ? "true" : "false")}
            """));
        return path;
    }

    /// <summary>Two members check the document of the replica that waits and give their shares.</summary>
    public async Task ProvisionAsync(string deploymentId)
    {
        ApiAnswer waiting = await UntilAsync(
            () => Clients[0].QueryAsync("get_tvc_deployment_provisioning_details", new QueryParameters { DeploymentId = deploymentId }),
            answer => answer.AttestationDocument is { } document && !_served.Contains(SetupKeyOf(document)));
        string setupKey = SetupKeyOf(waiting.AttestationDocument!);
        _served.Add(setupKey);
        ManifestEnvelope envelope = ManifestEnvelopeFormat.Read(waiting.ManifestEnvelope!);
        for (int i = 0; i < _quorum.Threshold; i++)
        {
            ProtocolMessage.ProvisionRequest share = _quorum.Share(i, Policy(), RootDer(), waiting.AttestationDocument!, envelope);
            await Clients[0].SubmitAsync(
                "post_tvc_quorum_key_share",
                new PostShareParameters
                {
                    DeploymentId = deploymentId,
                    EphemeralPublicKeyHex = setupKey,
                    ShareApprovalBundle = new ShareApprovalBundle
                    {
                        OperatorId = _app.ShareSetOperatorIds[i],
                        ReEncryptedShareHex = Convert.ToHexStringLower(share.Share.Span),
                        Signature = Convert.ToHexStringLower(share.Approval.Signature.Span),
                    },
                },
                ApiJson.Default.PostShareParameters,
                ApiJson.Default.PostShareResult);
        }
    }

    /// <summary>Waits until a deployment has so many ready replicas, asking one of the services.</summary>
    public async Task<ApiReplica[]> ReadyAsync(string deploymentId, int count, int service = 0, string? without = null)
    {
        ApiAnswer answer = await UntilAsync(
            () => Clients[service].QueryAsync("get_app_status", new QueryParameters { AppId = AppId }),
            found => Of(found).ReadyReplicas == count && Of(found).Replicas!.All(replica => replica.Id != without));
        return [.. Of(answer).Replicas!];

        ApiDeploymentStatus Of(ApiAnswer found) => found.AppStatus!.Deployments.Single(deployment => deployment.DeploymentId == deploymentId);
    }

    /// <summary>Makes a deployment the live one.</summary>
    public Task PromoteAsync(string deploymentId) => Clients[0].SubmitAsync(
        "set_tvc_app_live_deployment", new DeploymentParameters { DeploymentId = deploymentId }, ApiJson.Default.DeploymentParameters, ApiJson.Default.JsonElement);

    /// <summary>A client that reaches the app at one of the services' ingress.</summary>
    public HttpClient App(int service = 0)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = Ingresses[service], Timeout = TimeSpan.FromSeconds(20) };
        client.DefaultRequestHeaders.Host = AppHost;
        return client;
    }

    /// <summary>Ends everything that was started in the fleet's folder, and removes it.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (ControlClient client in Clients)
            client.Dispose();
        foreach (RunningProgram service in Services)
            await service.DisposeAsync();
        await _registry.DisposeAsync();
        _quorum.Dispose();
        await KillAsync([.. ProcessesBelow(Replicas).SelectMany(static ids => ids)]);
        _log(Log);
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>What services and replicas wrote.</summary>
    public string Log => string.Join('\n', Services.Select(static service => service.Log)) + (Directory.Exists(Replicas)
        ? string.Concat(Directory.GetFiles(Replicas, "*.log", SearchOption.AllDirectories).Select(static file => $"\n{file}: {Tail(file)}"))
        : "");

    /// <summary>Kills processes.</summary>
    public static async Task KillAsync(params int[] ids)
    {
        if (ids.Length == 0)
            return;
        using var kill = System.Diagnostics.Process.Start("sh", ["-c", $"kill -KILL {string.Join(' ', ids)} 2>/dev/null; true"]);
        await kill.WaitForExitAsync();
    }

    private async Task StartAsync()
    {
        string folder = Path.Combine(_home, "c"), settings = Path.Combine(folder, "qos-control.json");
        (int exitCode, string[] output, string[] errors) = await RunningProgram.RunAsync("qos-control",
        [
            "init", "--dir", folder, "--role-arn", RoleArn, "--programs", Path.GetDirectoryName(Programs.Find("qos-host"))!,
            .. _setup.Database is { } database ? (string[])["--database", database] : [],
            .. _setup.Pcrs is { } pcrs ? (string[])["--pcrs", pcrs] : [],
        ]);
        if (exitCode != 0)
            throw new InvalidOperationException(string.Join('\n', output.Concat(errors)));
        JsonObject made = (JsonObject)JsonNode.Parse(await File.ReadAllBytesAsync(settings))!;
        _setup.Settings(made);
        ApiKeyBody key = ApiKeyFile.Read(Path.Combine(folder, "admin.apikey"));
        for (int i = 0; i < _setup.Services; i++)
        {
            var api = new Uri($"http://127.0.0.1:{LocalNode.FreePort()}");
            var ingress = new Uri($"http://127.0.0.1:{LocalNode.FreePort()}");
            Api ??= api;
            made["listen"] = api.ToString();
            made["ingress"]!["listen"] = ingress.ToString();
            string own = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"service-{i}.json"));
            await File.WriteAllTextAsync(own, made.ToJsonString());
            RunningProgram service = RunningProgram.Start("qos-control", "run", "--settings", own);
            Services.Add(service);
            Clients.Add(new ControlClient(api, key.OrganizationId, ApiKeyFile.Open(key)));
            Ingresses.Add(ingress);
            await service.SaysAsync("API at");
        }

        _app = await Clients[0].SubmitAsync(
            "create_tvc_app",
            new CreateAppParameters
            {
                Name = "app",
                QuorumPublicKey = Convert.ToHexStringLower(_quorum.PublicKey.Span),
                ManifestSetParams = Set("approvers", 2, _quorum.Approvers),
                ShareSetParams = Set("holders", _quorum.Threshold, _quorum.Holders),
                EnableDebugModeDeployments = true,
            },
            ApiJson.Default.CreateAppParameters,
            ApiJson.Default.CreateAppResult);
    }

    private static OperatorSetParameters Set(string name, uint threshold, Member[] members) => new()
    {
        Name = name,
        Threshold = threshold,
        NewOperators = [.. members.Select(static member => new OperatorParameters { Name = member.Alias, PublicKey = Convert.ToHexStringLower(member.Public.PubKey.Span) })],
    };

    private static string SetupKeyOf(byte[] document) => Convert.ToHexStringLower(AttestationDocument.Parse(document).PublicKey!.Value.Span);

    private byte[] RootDer() => Convert.FromBase64String(string.Concat(File.ReadLines(Path.Combine(_home, "c", "pki", "root.pem")).Where(static line => !line.StartsWith('-'))));

    private AttestationPolicy Policy()
    {
        Dictionary<int, byte[]> pcrs = PcrFile.Read(Path.Combine(_home, "c", "release.pcrs")).ToDictionary();
        pcrs[3] = Pcr.FromRoleArn(RoleArn);
        return AttestationPolicy.From(pcrs, ValidationTime.Now, RootDer());
    }

    private async Task<ApiAnswer> UntilAsync(Func<Task<ApiAnswer>> look, Func<ApiAnswer, bool> wanted)
    {
        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        ApiAnswer found;
        while (!wanted(found = await look()))
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(begin) > s_patience)
                throw new TimeoutException($"It did not come to that: {JsonSerializer.Serialize(found, ApiJson.Default.ApiAnswer)}\n{Log}");
            await Task.Delay(50);
        }

        return found;
    }

    private static ILookup<string, int> ProcessesBelow(string folder)
    {
        var found = new List<(string Program, int Id)>();
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                if ((new FileInfo(entry + "/cwd").LinkTarget + "/").StartsWith(folder + "/", StringComparison.Ordinal))
                    found.Add((File.ReadAllText(entry + "/comm").Trim(), id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended.
            }
        }

        return found.ToLookup(static process => process.Program, static process => process.Id);
    }

    private static string Tail(string file)
    {
        try
        {
            return string.Join("\n  ", File.ReadLines(file).TakeLast(20));
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
