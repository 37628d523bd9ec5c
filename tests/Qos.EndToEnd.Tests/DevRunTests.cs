using System.Globalization;
using System.Net;
using Qos.EndToEnd.Local;

namespace Qos.EndToEnd.Tests;

/// <summary><c>qos dev run</c>: an app's developer at work.</summary>
public sealed class DevRunTests(ITestOutputHelper output) : IDisposable
{
    private const string Server = """
        #!/usr/bin/python3 -u
        import http.server, signal, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(" ".join(["VERSION", open("/qos.quorum.key").read(), *sys.argv[1:]]).encode())
            def log_message(self, *words):
                pass
        print("hello from the app")
        http.server.ThreadingHTTPServer(("127.0.0.1", 3000), Handler).serve_forever()
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-dev-test-").FullName;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(30) };

    [RootFact]
    public async Task An_app_answers_and_is_replaced_when_its_file_changes_and_nothing_is_left()
    {
        string app = WriteApp("one");
        int port = LocalNode.FreePort();
        await using RunningProgram qos = Run(app, "--port", Port(port), "--watch", "--env", "LEVEL=debug", "--", "--flag", "");
        await qos.SaysAsync("checks hold under the root");
        string first = await GetAsync(port);
        Assert.Matches("^one [0-9a-f]{64} --flag $", first);
        Assert.Contains("hello from the app", qos.Output);

        WriteApp("two");
        string second = await Eventually.IsAsync(
            async () => await GetAsync(port) is var answer && answer.StartsWith("two", StringComparison.Ordinal) ? answer : null, () => $"the change is not seen\n{qos.Log}");
        Assert.Equal(first[3..], second[3..]);

        await EndsCleanAsync(qos);
    }

    [RootFact]
    public async Task The_apps_exit_code_is_the_runs()
    {
        string app = Script("#!/bin/sh\necho last words\nexit 7\n");
        await using RunningProgram qos = Run(app);
        Assert.Equal(7, await qos.ExitAsync());
        Assert.Equal(["last words"], qos.Output);
        Assert.Contains("qos dev: the app exited with code 7", qos.Errors);
        NothingIsLeft(qos);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Port(int port) => string.Create(CultureInfo.InvariantCulture, $"{port}:3000");

    private RunningProgram Run(string app, params string[] words) =>
        RunningProgram.StartAt("qos", "env", [$"TMPDIR={_folder}", Programs.Find("qos"), "dev", "run", app, .. words]);

    private string WriteApp(string version) => Script(Server.Replace("VERSION", version, StringComparison.Ordinal));

    // By rename, as most tools write: a program that runs cannot be written into.
    private string Script(string text)
    {
        string path = Path.Combine(_folder, "app");
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    private async Task<string> GetAsync(int port) => await _http.GetStringAsync(new Uri($"http://{IPAddress.Loopback}:{port}/"));

    private async Task EndsCleanAsync(RunningProgram qos)
    {
        await qos.SignalAsync("INT");
        Assert.Equal(130, await qos.ExitAsync());
        NothingIsLeft(qos);
    }

    // Every program of a run, and every file, is in the run's folder or below the processes that were started there.
    private void NothingIsLeft(RunningProgram qos)
    {
        output.WriteLine(qos.Log);
        Assert.Empty(Directory.GetDirectories(_folder));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), process => Mentions(process, _folder));
    }

    private static bool Mentions(string process, string text)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ")).Contains(text, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
