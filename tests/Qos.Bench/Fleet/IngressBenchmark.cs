using System.Globalization;
using System.Net.Sockets;
using Qos.Bench.Bridge;
using Qos.EndToEnd.Local;
using Qos.Fleet;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Bench.Fleet;

/// <summary>The control service's ingress beside nginx, before the same upstream.</summary>
internal sealed class IngressBenchmark : IBenchmark
{
    public string Name => "fleet-ingress";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        using var temporary = new BenchFolder();
        string folder = temporary.Path;
        int upstream = EndToEnd.Local.LocalNode.FreePort(), proxy = EndToEnd.Local.LocalNode.FreePort(), ours = EndToEnd.Local.LocalNode.FreePort();
        // The upstream is a process of its own, as an app's replica is: one that the proxy itself serves would be reached without another process.
        using ChildProcess app = await StartNginxAsync(folder, "app", 1, $$"""server { listen 127.0.0.1:{{upstream}}; location / { return 200 "hello"; } }""");
        using ChildProcess nginx = await StartNginxAsync(folder, "proxy", Environment.ProcessorCount, $$"""
            upstream app { server 127.0.0.1:{{upstream}}; keepalive 128; keepalive_requests 1000000; }
            server { listen 127.0.0.1:{{proxy}}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $remote_addr; } }
            """);
        (ChildProcess service, string host) = await StartServiceAsync(Path.Combine(folder, "control"), ours, upstream);
        using ChildProcess ingress = service;
        await ListenAsync(upstream, "127.0.0.1");
        await ListenAsync(proxy, "127.0.0.1");
        await ListenAsync(ours, host);
        double seconds = Math.Max(options.Seconds, 3);
        await Wrk.RunAsync(ours, 64, seconds, host);
        var own = new List<LoadResult>();
        var nginxs = new List<LoadResult>();
        for (int round = 0; round < options.Rounds; round++)
        {
            nginxs.Add(await Wrk.RunAsync(proxy, 64, seconds));
            own.Add(await Wrk.RunAsync(ours, 64, seconds, host));
        }

        double rate = Median(own, static run => run.PerSecond), theirs = Median(nginxs, static run => run.PerSecond), ratio = rate / theirs;
        double p99 = Median(own, static run => run.P99), theirP99 = Median(nginxs, static run => run.P99), tail = theirP99 / p99;
        return
        [
            new BenchRow("ingress, 64 connections: requests", Text($"{rate:N0}/s, {own.Sum(static run => run.Errors)} failed"), Text($"nginx: {theirs:N0}/s"), Text($"{ratio:F2}"), ">= 0.8", ratio >= 0.8),
            new BenchRow("ingress, 64 connections: p99", Text($"{p99 / 1000:F1} ms"), Text($"nginx: {theirP99 / 1000:F1} ms"), Text($"{tail:F2}"), ">= 0.8", tail >= 0.8),
        ];
    }

    // The published service on a database in which the upstream is an app's ready replica. By its place that one runs at another machine, so the service leaves it alone.
    private static async Task<(ChildProcess Service, string Host)> StartServiceAsync(string folder, int ingress, int upstream)
    {
        string program = Programs.Find("qos-control");
        await ChildProcess.RunAsync(
            program, "init", "--dir", folder, "--programs", Path.GetDirectoryName(Programs.Find("qos-host"))!, "--listen", $"http://127.0.0.1:{EndToEnd.Local.LocalNode.FreePort()}", "--ingress", $"http://127.0.0.1:{ingress}");
        await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync("sqlite:" + Path.Combine(folder, "control.db"), time));
        Deployment deployment = await world.DeployAsync(replicas: 1);
        await world.AddReadyReplicaAsync(deployment, 0, Text($"127.0.0.1:{upstream}"));
        await world.Database.ClaimPlaceAsync("another machine", default);
        if (!await world.Database.SetLiveAsync(await world.ActivityAsync(), "{}", world.App.Id, deployment.Id, default))
            throw new InvalidOperationException("The app got no live deployment.");
        return (ChildProcess.Start(program, "run", "--settings", folder), $"app-{world.App.Id}.localhost");
    }

    private static async Task<ChildProcess> StartNginxAsync(string folder, string name, int workers, string http)
    {
        string file = Path.Combine(folder, $"{name}.conf");
        await File.WriteAllTextAsync(file, $$"""
            daemon off; worker_processes {{Text($"{workers}")}}; pid {{folder}}/{{name}}.pid; error_log {{folder}}/error.log; worker_rlimit_nofile 4096;
            events { worker_connections 2048; }
            http {
              access_log off; keepalive_requests 1000000;
              client_body_temp_path {{folder}}/{{name}}-b; proxy_temp_path {{folder}}/{{name}}-p; fastcgi_temp_path {{folder}}/{{name}}-f; uwsgi_temp_path {{folder}}/{{name}}-u; scgi_temp_path {{folder}}/{{name}}-s;
              {{http}}
            }
            """);
        return ChildProcess.Start("nginx", "-c", file, "-e", Path.Combine(folder, "error.log"));
    }

    // Of each by itself: a busy moment of the machine in one round does not decide both numbers.
    private static double Median(List<LoadResult> runs, Func<LoadResult, double> number) => runs.Select(number).Order().ElementAt(runs.Count / 2);

    private static async Task ListenAsync(int port, string host)
    {
        using var http = new HttpClient();
        for (int i = 0; i < 300; i++)
        {
            try
            {
                using var question = new HttpRequestMessage(HttpMethod.Get, Text($"http://127.0.0.1:{port}/"));
                question.Headers.Host = host;
                using HttpResponseMessage answer = await http.SendAsync(question);
                answer.EnsureSuccessStatusCode();
                return;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException(Text($"Nobody listens on port {port}."));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
