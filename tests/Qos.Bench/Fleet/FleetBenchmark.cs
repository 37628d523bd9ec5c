using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Qos.Bench.Bridge;
using Qos.Fleet;
using Qos.Fleet.Storage;
using Qos.Fleet.World;
using Qos.Registry;

namespace Qos.Bench.Fleet;

/// <summary>The control service's parts: its database of proofs, a pass over thousands of replicas, the ingress beside nginx, a file out of a large image beside skopeo.</summary>
internal sealed class FleetBenchmark : IBenchmark
{
    private const int Proofs = 100_000;
    private const int Apps = 500;
    private const int ReplicasOfAnApp = 20;
    private const double MiB = 1024 * 1024;

    public string Name => "fleet";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        var rows = new List<BenchRow>();
        rows.AddRange(await ProofsAsync("SQLite", "sqlite:" + Path.Combine(Path.GetTempPath(), $"qos-bench-{Guid.NewGuid():N}.db")));
        if (PostgresServer.WhyNot is null)
            rows.AddRange(await ProofsAsync("PostgreSQL", PostgresServer.One.NewDatabase()));
        rows.AddRange(await PassAsync());
        rows.AddRange(await IngressAsync(options));
        rows.AddRange(await ExtractionAsync());
        return rows;
    }

    private static async Task<IReadOnlyList<BenchRow>> ProofsAsync(string kind, string location)
    {
        await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync(location, time));
        byte[] document = new byte[4700], manifest = new byte[3500], envelope = new byte[4500];
        for (int batch = 0; batch < Proofs; batch += 1000)
        {
            await world.Database.ImportProofsAsync(
                Enumerable.Range(batch, 1000).Select(i =>
                {
                    Random.Shared.NextBytes(document);
                    return new BootProofRecord
                    {
                        EphemeralKey = Key(i),
                        OrganizationId = world.OrganizationId,
                        AppId = world.App.Id,
                        DeploymentId = world.App.Id,
                        ReplicaId = Key(i)[..36],
                        Document = document.ToArray(),
                        Manifest = manifest,
                        Envelope = envelope,
                        CreatedAt = world.Clock.Now,
                    };
                }),
                default);
        }

        var times = new List<double>();
        for (int i = 0; i < 3000; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            _ = await world.Database.ProofAsync(Key(Random.Shared.Next(Proofs)), default) ?? throw new InvalidOperationException("A proof is missing.");
            if (i >= 500)
                times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        double p99 = times[(int)(times.Count * 0.99)];
        long start = Stopwatch.GetTimestamp();
        ChainReport report = await world.Database.VerifyChainAsync(null, default);
        double rate = report.Records / Stopwatch.GetElapsedTime(start).TotalSeconds;
        string size = location.StartsWith("sqlite:", StringComparison.Ordinal) ? Text($"; the file has {new FileInfo(location["sqlite:".Length..]).Length / MiB:F0} MiB") : "";
        return
        [
            new BenchRow(Text($"{kind}: one of {Proofs:N0} boot proofs by its key, p99"), Text($"{p99:F2} ms{size}"), "", "", "<= 2 ms", p99 <= 2),
            new BenchRow(Text($"{kind}: the chain of {Proofs:N0} boot proofs verified"), Text($"{rate:N0} records/s"), "", "", ">= 50,000/s", rate >= 50_000 && report.Fault is null),
        ];
    }

    // 130 bytes in hex, as a key has.
    private static string Key(int number) => number.ToString("x260", CultureInfo.InvariantCulture);

    private static async Task<IReadOnlyList<BenchRow>> PassAsync()
    {
        string path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"qos-bench-{Guid.NewGuid():N}.db");
        try
        {
            await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync("sqlite:" + path, time));
            for (int app = 0; app < Apps; app++)
                await FillAsync(world);
            using Reconciler reconciler = world.Start();
            await reconciler.PassAsync(null, default);
            var times = new List<double>();
            for (int i = 0; i < 5; i++)
            {
                long begin = Stopwatch.GetTimestamp();
                await reconciler.PassAsync(null, default);
                times.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }

            times.Sort();
            double memory = Environment.WorkingSet / MiB;
            SimulatedNode victim = world.Runner.Nodes.Values.First();
            victim.HasEnded = true;
            long killed = Stopwatch.GetTimestamp();
            while (world.Runner.Nodes.ContainsKey(victim.Launch.ReplicaId))
                await reconciler.PassAsync(null, default);
            double noticed = Stopwatch.GetElapsedTime(killed).TotalSeconds;
            return
            [
                new BenchRow(Text($"a pass over {Apps * ReplicasOfAnApp:N0} replicas of {Apps} apps"), Text($"{times[2]:F2} s, {memory:F0} MiB"), "", "", "<= 1 s", times[2] <= 1),
                new BenchRow("one of them dead: noticed and stopped, by passes alone", Text($"{noticed:F2} s"), "", "", "<= 5 s", noticed <= 5),
            ];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task FillAsync(FleetWorld world)
    {
        await world.AddAppAsync();
        Deployment deployment = await world.DeployAsync(ReplicasOfAnApp);
        for (int slot = 0; slot < ReplicasOfAnApp; slot++)
        {
            var replica = new Replica
            {
                Id = Guid.NewGuid().ToString(),
                DeploymentId = deployment.Id,
                AppId = deployment.AppId,
                Slot = slot,
                Mode = BootMode.KeyForward,
                State = ReplicaState.Starting,
                CreatedAt = world.Clock.Now,
                UpdatedAt = world.Clock.Now,
            };
            await world.Database.AddReplicaAsync(replica, default);
            await world.Database.SaveReplicaAsync(
                replica with
                {
                    State = ReplicaState.Ready,
                    EphemeralKey = replica.Id,
                    ReadyAt = world.Clock.Now,
                    HostUrl = $"http://{replica.Id}/",
                    IngressAddress = "127.0.0.1:3000",
                },
                default);
            world.Runner.Nodes[replica.Id] = new SimulatedNode(
                world, new ReplicaLaunch { ReplicaId = replica.Id, DeploymentId = deployment.Id, AppId = deployment.AppId, Slot = slot, QosVersion = "test", Ports = [3000] })
            {
                Phase = Protocol.ProtocolPhase.QuorumKeyProvisioned,
            };
        }
    }

    private static async Task<IReadOnlyList<BenchRow>> IngressAsync(BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("qos-bench-").FullName;
        int upstream = EndToEnd.Local.LocalNode.FreePort(), proxy = EndToEnd.Local.LocalNode.FreePort(), ours = EndToEnd.Local.LocalNode.FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off; master_process off; pid {{folder}}/pid; error_log {{folder}}/error.log; worker_rlimit_nofile 4096;
            events { worker_connections 2048; }
            http {
              access_log off; keepalive_requests 1000000;
              client_body_temp_path {{folder}}/b; proxy_temp_path {{folder}}/p; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
              upstream app { server 127.0.0.1:{{upstream}}; keepalive 128; keepalive_requests 1000000; }
              server { listen 127.0.0.1:{{upstream}}; location / { return 200 "hello"; } }
              server { listen 127.0.0.1:{{proxy}}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $remote_addr; } }
            }
            """);
        using var nginx = ChildProcess.Start("nginx", "-c", Path.Combine(folder, "nginx.conf"), "-e", Path.Combine(folder, "error.log"));
        using var ingress = ChildProcess.StartSelf("ingress", Text($"{ours}"), Text($"{upstream}"));
        await ListenAsync(upstream);
        await ListenAsync(ours);
        double seconds = Math.Max(options.Seconds, 3);
        await Wrk.RunAsync(ours, 64, seconds);
        var runs = new List<(double Ratio, LoadResult Ours, LoadResult Other)>();
        for (int round = 0; round < Math.Min(options.Rounds, 3); round++)
        {
            LoadResult other = await Wrk.RunAsync(proxy, 64, seconds), own = await Wrk.RunAsync(ours, 64, seconds);
            runs.Add((own.PerSecond / other.PerSecond, own, other));
        }

        (double ratio, LoadResult mine, LoadResult nginxs) = runs.OrderBy(static run => run.Ratio).ElementAt(runs.Count / 2);
        double tail = nginxs.P99 / mine.P99;
        return
        [
            new BenchRow("ingress, 64 connections: requests", Text($"{mine.PerSecond:N0}/s, {mine.Errors} failed"), Text($"nginx: {nginxs.PerSecond:N0}/s"), Text($"{ratio:F2}"), ">= 0.8", ratio >= 0.8),
            new BenchRow("ingress, 64 connections: p99", Text($"{mine.P99 / 1000:F1} ms"), Text($"nginx: {nginxs.P99 / 1000:F1} ms"), Text($"{tail:F2}"), ">= 0.8", tail >= 0.8),
        ];
    }

    private static async Task ListenAsync(int port)
    {
        using var http = new HttpClient();
        for (int i = 0; i < 300; i++)
        {
            try
            {
                await http.GetStringAsync(new Uri(Text($"http://127.0.0.1:{port}/")));
                return;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException(Text($"Nobody listens on port {port}."));
    }

    private static async Task<IReadOnlyList<BenchRow>> ExtractionAsync()
    {
        string folder = Directory.CreateTempSubdirectory("qos-bench-").FullName;
        try
        {
            int port = EndToEnd.Local.LocalNode.FreePort();
            await File.WriteAllTextAsync(Path.Combine(folder, "registry.yml"), $$"""
                version: 0.1
                log: { level: error }
                storage: { filesystem: { rootdirectory: {{folder}}/registry } }
                http: { addr: 127.0.0.1:{{port}} }
                """);
            using var registry = ChildProcess.Start("docker-registry", "serve", Path.Combine(folder, "registry.yml"));
            await ChildProcess.RunAsync("bash", "-c", Text($$$"""
                set -e; cd {{{folder}}}; mkdir -p image/data image/app layout/blobs/sha256
                for i in 1 2 3 4; do head -c 268435456 /dev/urandom >image/data/$i; done
                head -c 20000000 /dev/urandom >image/app/server
                tar -C image -cf - app data | gzip -1 -n >layer; digest=$(sha256sum layer | cut -d' ' -f1); mv layer layout/blobs/sha256/$digest
                printf '{}' >layout/blobs/sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
                printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' $digest $(stat -c %s layout/blobs/sha256/$digest) >manifest
                m=$(sha256sum manifest | cut -d' ' -f1); printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"1"}}]}' $m $(stat -c %s manifest) >layout/index.json
                mv manifest layout/blobs/sha256/$m; printf '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout; rm -r image
                for i in $(seq 100); do curl -fsS http://127.0.0.1:{{{port}}}/v2/ && break; sleep 0.1; done
                skopeo copy --insecure-policy --dest-tls-verify=false oci:layout:1 docker://127.0.0.1:{{{port}}}/big:1
                """));
            long begin = Stopwatch.GetTimestamp();
            await ChildProcess.RunAsync("skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", Text($"docker://127.0.0.1:{port}/big:1"), $"dir:{folder}/copy");
            double theirs = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            string[] said = (await ChildProcess.RunAsync(
                Environment.ProcessPath!, [.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? (string[])[typeof(FleetBenchmark).Assembly.Location] : [], "extract", Text($"127.0.0.1:{port}/big:1")])).Split(' ');
            double ours = double.Parse(said[0], CultureInfo.InvariantCulture), peak = double.Parse(said[1], CultureInfo.InvariantCulture);
            return
            [
                new BenchRow("one file out of an image of 1 GiB", Text($"{ours:F1} s"), Text($"skopeo copy to a directory: {theirs:F1} s"), Text($"{ours / theirs:F2}"), "<= 1.5", ours <= 1.5 * theirs),
                new BenchRow("peak memory of that", Text($"{peak:F0} MiB"), "", "", "<= 128 MiB", peak <= 128),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A process of its own that takes the file, and says its seconds and its peak in MiB.</summary>
    public static async Task<int> ExtractAsync(string image)
    {
        long begin = Stopwatch.GetTimestamp();
        using var client = new RegistryClient();
        ResolvedImage resolved = await client.ResolveAsync(ImageReference.Parse(image), RegistryCredentials.None);
        string path = Path.GetTempFileName();
        await using (FileStream output = new(path, FileMode.Create, FileAccess.ReadWrite))
            await client.ExtractAsync(resolved, "/app/server", RegistryCredentials.None, output);
        File.Delete(path);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        string peak = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        Console.Write(Text($"{seconds} {double.Parse(peak, CultureInfo.InvariantCulture) / 1024}"));
        return 0;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
