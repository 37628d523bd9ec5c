using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Qos.Control.Tests;
using Qos.EndToEnd.Local;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.World;

namespace Qos.Bench.Web;

/// <summary>The console and the proof page in Chromium, and what watchers cost the service.</summary>
internal sealed class WebBenchmark : IBenchmark
{
    private const string Chromium = "/usr/bin/chromium";
    private const int Replicas = 1000;
    private const int Watchers = 1000;

    // When the page shows what a visitor came for, and the longest task that kept it from answering.
    private const string Observe = """
        window.tasks = [];
        new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.tasks.push(duration); }).observe({ type: 'longtask', buffered: true });
        new MutationObserver((_, observer) => {
          if (!document.querySelector('main .cards')) return;
          window.interactive = performance.now();
          observer.disconnect();
        }).observe(document, { childList: true, subtree: true });
        """;

    public string Name => "web";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        if (!File.Exists(Chromium))
            return [new BenchRow("the console in Chromium", "Chromium is not installed", "", "", "", false)];
        FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.AddAppAsync("wide");
        Deployment wide = await world.DeployAsync(Replicas);
        for (int slot = 0; slot < Replicas; slot++)
            await world.AddReadyReplicaAsync(wide, slot);
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { World = world, Reconciles = false });
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await using IBrowserContext context = await browser.NewContextAsync();
        await context.AddInitScriptAsync(Observe);
        var rows = new List<BenchRow> { await FirstViewAsync(service) };
        rows.Add(await InteractiveAsync(context, service, world));
        rows.AddRange(await ListAsync(context, service, world, wide));
        rows.Add(await ChainAsync(context));
        rows.Add(await WatchersAsync());
        await world.DisposeAsync();
        return rows;
    }

    private static async Task<BenchRow> FirstViewAsync(ControlService service)
    {
        using var http = new HttpClient { BaseAddress = service.Api };
        long bytes = 0;
        foreach (string path in (string[])["console/", "console/console.js", "console/console.css", "console/icon.svg"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("br") } } };
            using HttpResponseMessage response = await http.SendAsync(request);
            bytes += response.Content.Headers.ContentLength!.Value;
        }

        double kib = bytes / 1024.0;
        return new BenchRow("the console's first view, compressed", Text($"{kib:F1} KiB"), "", "", "<= 150 KB", bytes <= 150_000);
    }

    private static async Task<BenchRow> InteractiveAsync(IBrowserContext context, ControlService service, FleetWorld world)
    {
        var times = new List<double>();
        for (int i = 0; i < 16; i++)
        {
            IPage page = await context.NewPageAsync();
            await page.GotoAsync($"{service.Api}console/");
            if (i == 0)
            {
                string[] command = (await page.Locator(".command code").InnerTextAsync()).Split(' ');
                await world.Database.AddKeyAsync(command[Array.IndexOf(command, "--public-key") + 1], world.OrganizationId, Guid.NewGuid().ToString(), "bench", default);
            }

            await page.Locator("main .cards").WaitForAsync();
            if (i > 0)
                times.Add(await page.EvaluateAsync<double>("window.interactive"));
            await page.CloseAsync();
        }

        times.Sort();
        return new BenchRow("the console: from navigation to the list of apps, median of 15", Text($"{times[7]:F0} ms"), Text($"slowest {times[^1]:F0} ms"), "", "<= 1 s", times[7] <= 1000);
    }

    private static async Task<IReadOnlyList<BenchRow>> ListAsync(IBrowserContext context, ControlService service, FleetWorld world, Deployment wide)
    {
        IPage page = await context.NewPageAsync();
        await page.GotoAsync($"{service.Api}console/#/deployments/{wide.Id}");
        await UntilAsync(page, $"document.querySelectorAll('.replica').length === {Replicas}");
        await page.WaitForTimeoutAsync(500);
        double loading = await LongestAsync(page);

        // The browser does tell: a task that is made to last is seen.
        await page.EvaluateAsync("new Promise((done) => setTimeout(() => { const end = performance.now() + 90; while (performance.now() < end); setTimeout(done, 200); }))");
        if (await LongestAsync(page) < 80)
            throw new InvalidOperationException("The browser does not tell of long tasks.");
        for (int i = 0; i < 120; i++)
        {
            await page.Mouse.WheelAsync(0, 400);
            await page.WaitForTimeoutAsync(16);
        }

        double scrolling = await LongestAsync(page);

        // Every fourth replica is not well for a moment; the list follows.
        foreach (Replica replica in (await world.Database.ReplicasAsync(wide.AppId, default)).Where(static replica => replica.Slot % 4 == 0))
        {
            Replica unwell = replica with { State = ReplicaState.Provisioned, Message = "its app does not say that it is well" };
            await world.Database.SaveReplicaAsync(unwell, default);
            service.Publish(new FleetEvent("replica", world.OrganizationId, unwell.AppId, unwell.DeploymentId, unwell.Id, unwell.State.ToString(), world.Clock.Now));
        }

        await UntilAsync(page, $"document.querySelectorAll('.replica .badge.busy').length === {Replicas / 4}");
        await page.WaitForTimeoutAsync(2000);
        double changing = await LongestAsync(page);
        await page.CloseAsync();
        return
        [
            Longest($"the list of {Replicas} replicas, as it comes up: the longest task", loading),
            Longest("the same, scrolled from end to end", scrolling),
            Longest("the same, while a quarter of them changes", changing),
        ];
    }

    // Playwright's own waiting evaluates text in the page, which the page's policy refuses.
    private static async Task UntilAsync(IPage page, string condition)
    {
        for (int i = 0; !await page.EvaluateAsync<bool>(condition); i++)
        {
            if (i > 600)
                throw new TimeoutException(condition);
            await page.WaitForTimeoutAsync(50);
        }
    }

    private static BenchRow Longest(string what, double longest) => new(what, longest == 0 ? "below 50 ms" : Text($"{longest:F0} ms"), "", "", "<= 50 ms", longest <= 50);

    // The browser tells of tasks over 50 ms and of no others.
    private static Task<double> LongestAsync(IPage page) => page.EvaluateAsync<double>("Math.max(0, ...window.tasks.splice(0))");

    private static async Task<BenchRow> ChainAsync(IBrowserContext context)
    {
        FleetWorld world = await FleetWorld.OnSqliteAsync();
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { World = world });
        Deployment deployment = await world.DeployAsync(1);
        JsonNode? boot = null;
        using var http = new HttpClient { BaseAddress = service.Api };
        for (int i = 0; i < 400 && boot is null; i++)
        {
            await world.ProvisionAsync(0, 1);
            using HttpResponseMessage latest = await http.GetAsync($"apps/{deployment.AppId}/boot-proofs/latest");
            boot = latest.IsSuccessStatusCode ? JsonNode.Parse(await latest.Content.ReadAsStringAsync()) : null;
            await Task.Delay(50);
        }

        string proof = new JsonObject { ["appProof"] = JsonNode.Parse(FleetWorld.AppProof((string)boot!["ephemeralPublicKeyHex"]!)), ["bootProof"] = boot }.ToJsonString();
        IPage page = await context.NewPageAsync();
        await page.GotoAsync($"{service.Api}verify/");
        await page.FillAsync("#proof", proof);
        await page.FillAsync("#quorum-key", world.App.QuorumPublicKey);
        await page.FillAsync("#pcrs", string.Join('\n', Enumerable.Range(0, 3).Select(static index => $"{Convert.ToHexStringLower(FleetWorld.Pcrs[index])} PCR{index}")));
        await page.EvaluateAsync("(pem) => { document.getElementById('root').value = pem; }", FleetWorld.Pki.RootPem);
        double[] times = await page.EvaluateAsync<double[]>("""
            async () => {
              const answer = document.getElementById('answer');
              const times = [];
              for (let round = 0; round < 60; round++) {
                answer.hidden = true;
                const shown = new Promise((resolve) => { new MutationObserver((_, observer) => { if (!answer.hidden) { observer.disconnect(); resolve(); } }).observe(answer, { attributes: true }); });
                const begin = performance.now();
                document.getElementById('form').requestSubmit();
                await shown;
                if (document.getElementById('verdict').textContent !== 'Valid for the deployment that you named') throw new Error(document.getElementById('verdict').textContent);
                if (round >= 10) times.push(performance.now() - begin);
              }
              return times.sort((left, right) => left - right);
            }
            """);
        await page.CloseAsync();
        await world.DisposeAsync();
        return new BenchRow("a whole chain verified and shown on the proof page, median of 50", Text($"{times[25]:F1} ms"), Text($"slowest {times[^1]:F1} ms"), "", "<= 50 ms", times[25] <= 50);
    }

    private static async Task<BenchRow> WatchersAsync()
    {
        string folder = Directory.CreateTempSubdirectory("qos-bench-").FullName, settings = Path.Combine(folder, "c");
        var api = new Uri($"http://127.0.0.1:{LocalNode.FreePort()}");
        (int status, string[] output, string[] errors) = await RunningProgram.RunAsync(
            "qos-control", "init", "--dir", settings, "--programs", Path.GetDirectoryName(Programs.Find("qos-host"))!, "--listen", api.ToString(), "--ingress", $"http://127.0.0.1:{LocalNode.FreePort()}");
        if (status != 0)
            throw new InvalidOperationException(string.Join('\n', output.Concat(errors)));
        string file = Path.Combine(settings, "qos-control.json");
        JsonObject made = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        made["requestsPerSecond"] = 10_000;
        await File.WriteAllTextAsync(file, made.ToJsonString());
        await using RunningProgram service = RunningProgram.Start("qos-control", "run", "--settings", settings);
        await service.SaysAsync("API at");
        ApiKeyBody key = ApiKeyFile.Read(Path.Combine(settings, "admin.apikey"));
        using System.Security.Cryptography.ECDsa signer = ApiKeyFile.Open(key);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new QueryParameters { OrganizationId = key.OrganizationId }, ApiJson.Default.QueryParameters);
        string stamp = ApiStamp.Make(body, signer);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 * Watchers }) { BaseAddress = api, Timeout = TimeSpan.FromMinutes(2) };

        // Compiled and grown before it is measured.
        for (int i = 0; i < 20; i++)
            (await WatchAsync(http, body, stamp)).Dispose();
        await Task.Delay(3000);
        long before = service.StatusBytes("VmRSS");
        var streams = new List<Stream>();
        for (int i = 0; i < Watchers; i++)
            streams.Add(await WatchAsync(http, body, stamp));

        // Until each was told that the service is still there.
        await Task.Delay(20_000);
        double mib = (service.StatusBytes("VmRSS") - before) / (1024.0 * 1024);
        foreach (Stream stream in streams)
            await stream.DisposeAsync();
        await service.TerminateAsync();
        Directory.Delete(folder, recursive: true);
        return new BenchRow(Text($"{Watchers} watchers of events: the service's memory"), Text($"{mib:F0} MiB"), Text($"before {before / (1024.0 * 1024):F0} MiB"), "", "<= 100 MiB", mib <= 100);
    }

    private static async Task<Stream> WatchAsync(HttpClient http, byte[] body, string stamp)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "events") { Content = new ByteArrayContent(body), Headers = { { ApiStamp.Header, stamp } } };
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        Stream stream = await response.Content.ReadAsStreamAsync();
        _ = await stream.ReadAsync(new byte[64]);
        return stream;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
