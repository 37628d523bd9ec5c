using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Qos.EndToEnd.Fleet;
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

        // A name that moves is followed by the next connection. Written in place: the mount is of this file.
        await File.WriteAllTextAsync(hosts, (await File.ReadAllTextAsync(hosts, TestContext.Current.CancellationToken)).Replace("127.0.0.2 one", "127.0.0.3 one", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(async () => await Ask($"one.example:{one.Port}") == $"two for one.example:{one.Port}", () => $"the name's new address is not used\n{qos.Log}");
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

    [RootFact]
    public async Task What_is_no_program_ends_the_run_and_does_not_displace_the_app_that_runs()
    {
        await using RunningProgram text = Run(Script("no program\n"));
        Assert.Equal(1, await text.ExitAsync());
        Assert.Contains("app cannot be started: ", text.Errors[^1], StringComparison.Ordinal);
        Assert.Contains("the file is no ELF program", text.Errors[^1], StringComparison.Ordinal);
        NothingIsLeft(text);

        int port = LocalNode.FreePort();
        await using RunningProgram qos = Run(WriteApp("one"), "--port", Port(port), "--watch");
        await qos.SaysAsync("checks hold under the root");
        Script("no program\n");
        await qos.SaysAsync("not started: ");
        Assert.StartsWith("one", await GetAsync(port), StringComparison.Ordinal);
        await EndsCleanAsync(qos);
    }

    [RootTheory]
    [InlineData("SEGV", 139, "SIGSEGV")]
    [InlineData("KILL", 137, "SIGKILL")]
    [InlineData("TERM", 143, "SIGTERM")]
    [InlineData("HUP", 129, "SIGHUP")]
    [InlineData("INT", 130, "SIGINT")]
    [InlineData("QUIT", 131, "SIGQUIT")]
    [InlineData("ILL", 132, "SIGILL")]
    [InlineData("ABRT", 134, "SIGABRT")]
    [InlineData("BUS", 135, "SIGBUS")]
    [InlineData("FPE", 136, "SIGFPE")]
    [InlineData("PIPE", 141, "SIGPIPE")]
    [InlineData("SYS", 159, "SIGSYS")]
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
    public async Task An_app_that_listens_late_is_waited_for_and_one_that_never_does_is_told()
    {
        int port = LocalNode.FreePort();
        string late = Script(Server.Replace("VERSION", "late", StringComparison.Ordinal).Replace("print(", "import time; time.sleep(2); print(", StringComparison.Ordinal));
        await using (RunningProgram qos = Run(late, "--port", Port(port)))
        {
            Assert.StartsWith("late", await Eventually.IsAsync(async () => await TryGetAsync(port), () => $"the app does not answer\n{qos.Log}"), StringComparison.Ordinal);
            await qos.SaysAsync("checks hold under the root");
            await EndsCleanAsync(qos);
        }

        await using RunningProgram never = Run(Script("#!/bin/sh\nexec sleep 600\n"), "--port", Port(port));
        await never.SaysAsync("the app does not listen at 127.0.0.1:3000");
        await EndsCleanAsync(never);
    }

    [RootFact]
    public async Task What_a_daemon_leaves_running_ends_with_the_app()
    {
        string app = Script("#!/usr/bin/python3\nimport os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)\nprint('gone', flush=True)\n");
        await using RunningProgram qos = Run(app);
        Assert.Equal(0, await qos.ExitAsync());
        Assert.Equal(["gone"], qos.Output);
        NothingIsLeft(qos);
    }

    [RootFact]
    public async Task Two_runs_at_once_have_nothing_in_common_but_the_port()
    {
        int first = LocalNode.FreePort(), second = LocalNode.FreePort();
        string app = WriteApp("one");
        await using RunningProgram one = Run(app, "--port", Port(first));
        await using RunningProgram two = Run(app, "--port", Port(second));
        await one.SaysAsync("checks hold under the root");
        await two.SaysAsync("checks hold under the root");
        Assert.NotEqual(await GetAsync(first), await GetAsync(second));
        await using RunningProgram same = Run(app, "--port", Port(first));
        Assert.Equal(1, await same.ExitAsync());
        Assert.Contains($"port {first} of this machine cannot be used", same.Errors[^1], StringComparison.Ordinal);
        await one.SignalAsync("INT");
        Assert.Equal(130, await one.ExitAsync());
        Assert.StartsWith("one", await GetAsync(second), StringComparison.Ordinal);
        await EndsCleanAsync(two);
    }

    [RootFact]
    public async Task A_watched_file_that_is_half_written_or_gone_leaves_the_app_running_until_it_is_whole()
    {
        int port = LocalNode.FreePort();
        string app = WriteApp("one");
        await using RunningProgram qos = Run(app, "--port", Port(port), "--watch");
        await qos.SaysAsync("checks hold under the root");
        Task IsAsync(string version) => Eventually.TrueAsync(
            async () => await TryGetAsync(port) is { } answer && answer.StartsWith(version, StringComparison.Ordinal), () => $"'{version}' does not answer\n{qos.Log}");

        // In place, by a program that keeps it open: half of it is not taken, whatever it says.
        byte[] whole = System.Text.Encoding.UTF8.GetBytes(Server.Replace("VERSION", "two", StringComparison.Ordinal));
        await using (var file = new FileStream(app, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            await file.WriteAsync(whole.AsMemory(0, whole.Length / 2), TestContext.Current.CancellationToken);
            for (int i = 0; i < 20; i++)
            {
                Assert.StartsWith("one", await GetAsync(port), StringComparison.Ordinal);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
            }

            await file.WriteAsync(whole.AsMemory(whole.Length / 2), TestContext.Current.CancellationToken);
        }

        await IsAsync("two");

        // The first half of a program, closed, as a copy that was broken off leaves it.
        byte[] program = await File.ReadAllBytesAsync(Programs.Find("qos-nsm-sim"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(app + ".half", program.AsMemory(0, program.Length / 2), TestContext.Current.CancellationToken);
        File.Move(app + ".half", app, overwrite: true);
        for (int i = 0; i < 20; i++)
        {
            Assert.StartsWith("two", await GetAsync(port), StringComparison.Ordinal);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        WriteApp("three");
        await IsAsync("three");
        File.Delete(app);
        await qos.SaysAsync("is gone; waiting for it");
        Assert.StartsWith("three", await GetAsync(port), StringComparison.Ordinal);
        WriteApp("four");
        await IsAsync("four");
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

    [RootFact]
    public async Task The_explanation_pasted_into_a_shell_gives_an_app_that_answers()
    {
        string app = WriteApp("it's one");
        await PasteAsync(port => Run(app, [.. Explained(port), "--", "two words", ""]), "exit 1");
    }

    [RootFact]
    public async Task The_explanation_of_an_image_takes_the_program_out_with_docker_and_does_the_same()
    {
        string app = WriteApp("it's one");
        string image = $"registry.example/team/app@sha256:{new string('a', 64)}";
        string docker = $"""
            case "$*" in
            'create {image}') echo an-id ;;
            "cp an-id:/bin/it's app") cp '{app}' app ;;
            'rm an-id') ;;
            *) echo "docker $*: not as it is written" >&2; exit 1 ;;
            esac
            """;
        await PasteAsync(port => RunImage(image, ["--path", "/bin/it's", .. Explained(port), "--", "two words", ""]), docker);
    }

    private string[] Explained(int port) => ["--port", Port(port), "--env", "A=it's $HOME", "--proofs", Path.Combine(_folder, "kept"), "--explain"];

    // Runs what is explained, with a docker that does what it is told here.
    private async Task PasteAsync(Func<int, RunningProgram> run, string docker)
    {
        int port = LocalNode.FreePort();
        await using RunningProgram explain = run(port);
        Assert.Equal(0, await explain.ExitAsync());
        Assert.Empty(Directory.GetDirectories(_folder));
        string script = Path.Combine(_folder, "script");
        await File.WriteAllLinesAsync(script, explain.Output, TestContext.Current.CancellationToken);
        string tool = Path.Combine(_folder, "docker");
        await File.WriteAllTextAsync(tool, $"#!/bin/sh\n{docker}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        // A group of its own, as a terminal's, so that the signal reaches what a Ctrl-C would.
        string programs = Path.GetDirectoryName(Programs.Find("qos"))!;
        await using RunningProgram shell = RunningProgram.StartAt("shell", "setsid", "env", $"TMPDIR={_folder}", $"PATH={_folder}:{programs}:{Environment.GetEnvironmentVariable("PATH")}", "bash", script);
        try
        {
            await shell.SaysAsync("is the port 3000 of the app");
            string answer = await Eventually.IsAsync(async () => await TryGetAsync(port), () => $"the app does not answer\n{shell.Log}");
            Assert.Matches("^it's one [0-9a-f]{64} two words $", answer);
            await shell.SaysAsync("hello from the app");
            Assert.Equal(["boot-proof.json", "quorum_key.pub", "root.pem"], Directory.GetFiles(Path.Combine(_folder, "kept")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            using var kill = System.Diagnostics.Process.Start("kill", ["-INT", "--", $"-{shell.Id}"]);
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        await shell.ExitAsync();
        output.WriteLine(shell.Log);
        await Eventually.TrueAsync(() => !Directory.GetDirectories("/proc").Any(process => Mentions(process, _folder)), () => "something still runs");
        Assert.Equal(["kept"], Directory.GetDirectories(_folder).Select(Path.GetFileName));
    }

    [RootFact]
    public async Task An_app_of_an_image_is_taken_out_and_its_digest_said()
    {
        Assert.SkipWhen(DebianRegistry.WhyNot is not null, DebianRegistry.WhyNot ?? "");
        await using DebianRegistry registry = await DebianRegistry.StartAsync(WriteApp("packed"), withTokens: false);
        int port = LocalNode.FreePort();
        await using RunningProgram qos = RunImage(registry.Image, "--path", "/app/server", "--port", Port(port), "--pull-secret", registry.ConfigFile(), "--", "word");
        await qos.SaysAsync("checks hold under the root");
        Assert.Matches("^packed [0-9a-f]{64} word$", await GetAsync(port));
        string said = Assert.Single(qos.Errors, static line => line.Contains("SHA-256", StringComparison.Ordinal));
        string digest = System.Text.RegularExpressions.Regex.Match(said, "@(sha256:[0-9a-f]{64}), SHA-256 [0-9a-f]{64}$").Groups[1].Value;
        await EndsCleanAsync(qos);

        await using RunningProgram pinned = RunImage($"{registry.Authority}/team/app@{digest}", "--path", "/absent", "--pull-secret", registry.ConfigFile());
        Assert.Equal(1, await pinned.ExitAsync());
        Assert.Equal("qos: The image has no file /absent.", pinned.Errors[^1]);
        await using RunningProgram lying = RunImage($"{registry.Authority}/team/app@sha256:{new string('0', 64)}", "--path", "/app/server", "--pull-secret", registry.ConfigFile());
        Assert.Equal(1, await lying.ExitAsync());
        await using RunningProgram stranger = RunImage(registry.Image, "--path", "/app/server", "--pull-secret", registry.ConfigFile("wrong"));
        Assert.Equal(1, await stranger.ExitAsync());
        output.WriteLine($"{lying.Log}\n{stranger.Log}");
        NothingIsLeft(stranger);
    }

    [Theory]
    [InlineData("Name the app's program, or --image and --path.")]
    [InlineData("--image and --path go together", "--image", "registry.example/app:1")]
    [InlineData("--image and --path go together", "app", "--pull-secret", "file")]
    [InlineData("is not an image", "--image", "Not An Image", "--path", "/app")]
    [InlineData("--watch looks at a file of this machine", "--image", "registry.example/app:1", "--path", "/app", "--watch")]
    [InlineData("--eif is the image of --machine", "app", "--eif", "image")]
    public async Task Options_that_do_not_go_together_are_refused(string because, params string[] words)
    {
        await using RunningProgram qos = RunningProgram.Start("qos", ["dev", "run", .. words]);
        Assert.Equal(2, await qos.ExitAsync());
        Assert.Contains(because, qos.Log, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Port(int port) => string.Create(CultureInfo.InvariantCulture, $"{port}:3000");

    private RunningProgram RunImage(string image, params string[] words) =>
        RunningProgram.StartAt("qos", "env", [$"TMPDIR={_folder}", Programs.Find("qos"), "dev", "run", "--image", image, .. words]);

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

    private async Task<string?> TryGetAsync(int port)
    {
        try
        {
            return await GetAsync(port);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

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
