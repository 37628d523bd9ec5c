using System.Globalization;
using System.Net;
using System.Net.Sockets;
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

    private const string Client = """
        #!/usr/bin/python3 -u
        import http.server, urllib.request
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    answer = urllib.request.urlopen("http:/" + self.path, timeout=5).read()
                except Exception as e:
                    answer = repr(e).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)
            def log_message(self, *words):
                pass
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

    [RootFact]
    public async Task What_the_app_reaches_is_exactly_what_is_named()
    {
        // Two names with the same port, as two hosts of HTTPS have it; the host resolves them by a hosts file of its own.
        string hosts = Path.Combine(_folder, "hosts");
        File.WriteAllText(hosts, "127.0.0.1 localhost\n127.0.0.2 one.example\n127.0.0.3 two.example\n127.0.0.1 moved.example\n::1 six.example\n");
        using Outside one = new(IPAddress.Parse("127.0.0.2"), 0, "one");
        using Outside two = new(IPAddress.Parse("127.0.0.3"), one.Port, "two");
        using Outside six = new(IPAddress.IPv6Loopback, 0, "six");
        int port = LocalNode.FreePort();
        string app = Script(Client);
        await using RunningProgram qos = RunningProgram.StartAt(
            "qos", "unshare",
            [
                "--mount", "--propagation", "private", "sh", "-c", $"mount --bind {hosts} /etc/hosts && exec env TMPDIR={_folder} \"$@\"", "sh",
                Programs.Find("qos"), "dev", "run", app, "--port", Port(port), "--egress", $"one.example:{one.Port}", "--egress", $"two.example:{one.Port}",
                "--egress", $"six.example:{six.Port}", "--egress", "nowhere.invalid:99",
            ]);
        await qos.SaysAsync("checks hold under the root");

        Task<string> Ask(string target) => _http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/{target}"));
        Assert.Equal($"one for one.example:{one.Port}", await Ask($"one.example:{one.Port}"));
        Assert.Equal($"two for two.example:{one.Port}", await Ask($"two.example:{one.Port}"));
        Assert.Equal($"one for 127.0.0.1:{one.Port}", await Ask($"127.0.0.1:{one.Port}"));
        Assert.Equal($"six for six.example:{six.Port}", await Ask($"six.example:{six.Port}"));
        Assert.Contains("refused", await Ask($"one.example:{six.Port}"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("name resolution", await Ask($"moved.example:{one.Port}"), StringComparison.Ordinal);
        Assert.Contains("unreachable", await Ask("192.0.2.1:80"), StringComparison.Ordinal);
        Assert.DoesNotContain("for nowhere", await Ask("nowhere.invalid:99"), StringComparison.Ordinal);
        await qos.SaysAsync("of the app's connections were refused inside: it may reach what --egress NAME:PORT names, now one.example:");
        await qos.SaysAsync("connections to nowhere.invalid:99 failed at the host");
        await EndsCleanAsync(qos);
    }

    [RootFact]
    public async Task Killed_at_any_moment_nothing_is_left()
    {
        string app = Script("#!/usr/bin/python3\nimport os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nif os.fork() == 0:\n    os.setsid()\n    os.fork()\nwhile True:\n    time.sleep(1)\n");
        for (int step = 0; step < 12; step++)
        {
            await using RunningProgram qos = Run(app);
            await Task.Delay(TimeSpan.FromMilliseconds(60 * step));
            await qos.SignalAsync(step % 3 == 2 ? "KILL" : "INT");
            await qos.ExitAsync(TimeSpan.FromSeconds(5));
            await Eventually.TrueAsync(() => !Directory.GetDirectories("/proc").Any(process => Mentions(process, _folder)), () => $"something still runs after step {step}\n{qos.Log}");
            if (step % 3 != 2)
                Assert.Empty(Directory.GetDirectories(_folder));
        }

        // What was killed could not tidy up; the next one does.
        await using RunningProgram last = Run(Script("#!/bin/sh\nexit 0\n"));
        Assert.Equal(0, await last.ExitAsync());
        NothingIsLeft(last);
    }

    [RootFact]
    public async Task A_port_in_use_and_an_app_that_cannot_be_are_one_line()
    {
        using Outside other = new(IPAddress.Loopback, 0, "other");
        await using RunningProgram busy = Run(Script("#!/bin/sh\nexit 0\n"), "--port", Port(other.Port));
        Assert.Equal(1, await busy.ExitAsync());
        Assert.Contains($"port {other.Port} of this machine cannot be used", busy.Errors[^1], StringComparison.Ordinal);
        await using RunningProgram absent = Run(Path.Combine(_folder, "absent"));
        Assert.Equal(1, await absent.ExitAsync());
        Assert.Equal($"qos: {Path.Combine(_folder, "absent")} is not there.", absent.Errors[^1]);
        await using RunningProgram folder = Run(_folder);
        Assert.Equal(1, await folder.ExitAsync());
        Assert.Contains("is a folder", folder.Errors[^1], StringComparison.Ordinal);
        NothingIsLeft(folder);
    }

    [RootTheory]
    [InlineData("SEGV", 139, "SIGSEGV")]
    [InlineData("KILL", 137, "SIGKILL")]
    [InlineData("TERM", 143, "SIGTERM")]
    public async Task A_signal_that_ends_the_app_is_named(string signal, int code, string name)
    {
        await using RunningProgram qos = Run(Script($"#!/bin/sh\nkill -{signal} $$\nsleep 9\n"));
        Assert.Equal(code, await qos.ExitAsync());
        Assert.Contains($"qos dev: the app was ended by {name}", qos.Errors);
        NothingIsLeft(qos);
    }

    [RootFact]
    public async Task An_app_that_listens_elsewhere_is_told_where()
    {
        string app = Script("#!/usr/bin/python3 -u\nimport socket, time\ns = socket.socket(socket.AF_INET6)\ns.bind(('::1', 3000))\ns.listen()\ntime.sleep(60)\n");
        await using RunningProgram qos = Run(app, "--port", Port(LocalNode.FreePort()));
        await qos.SaysAsync("the app listens at [::1]:3000 only: a bridge leads to 127.0.0.1:3000");
        await EndsCleanAsync(qos);
    }

    [RootFact]
    public async Task A_flood_of_output_is_bounded_and_the_app_still_answers()
    {
        string app = Script(Server.Replace("VERSION", "loud", StringComparison.Ordinal)
            .Replace("print(\"hello from the app\")", "import threading; threading.Thread(target=lambda: [print('x' * 4000) for _ in iter(int, 1)], daemon=True).start()", StringComparison.Ordinal));
        int port = LocalNode.FreePort();
        await using RunningProgram qos = Run(app, "--port", Port(port));
        await qos.SaysAsync("checks hold under the root");
        Assert.StartsWith("loud", await GetAsync(port), StringComparison.Ordinal);
        await qos.SaysAsync("lines dropped]");
        Assert.True(qos.Output.Length < 2000, $"{qos.Output.Length} lines");
        await EndsCleanAsync(qos);
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

    // Answers every request with its own name and the one that it was asked by.
    private sealed class Outside : IDisposable
    {
        private readonly TcpListener _listener;

        public Outside(IPAddress address, int port, string name)
        {
            _listener = new TcpListener(address, port);
            _listener.Start();
            _ = ServeAsync(name);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string name)
        {
            try
            {
                while (true)
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync();
                    using var reader = new StreamReader(client.GetStream());
                    string host = "";
                    for (string? line = await reader.ReadLineAsync(); line is { Length: > 0 }; line = await reader.ReadLineAsync())
                    {
                        if (line.StartsWith("Host: ", StringComparison.OrdinalIgnoreCase))
                            host = line["Host: ".Length..];
                    }

                    string body = $"{name} for {host}";
                    await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
                }
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
            {
                // The test ends.
            }
        }
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
