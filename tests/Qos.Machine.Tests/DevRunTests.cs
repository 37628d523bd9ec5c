using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Qos.EndToEnd.Local;
using Qos.Machine.Tests.Machines;

namespace Qos.Machine.Tests;

/// <summary><c>qos dev run --machine</c>: an app's developer sees it run in the image.</summary>
[Collection(MachineCollection.Name)]
public sealed class DevRunTests(MachineImage image, ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-dm-").FullName;
    private readonly ushort _port = (ushort)LocalNode.FreePort();

    [MachineFact(MachineNeed.SigningModule)]
    public async Task An_app_signs_over_the_socket_finds_its_names_mapped_and_is_replaced_with_the_same_key()
    {
        string app = Path.Combine(_folder, "app"), proofs = Path.Combine(_folder, "proofs");
        File.Copy(image.Pivot, app);
        await using RunningProgram qos = Run(
            app, "--port", Text($"{_port}"), "--egress", "one.example:443", "--egress", "two.example:443", "--watch", "--proofs", proofs, "--", Text($"{_port}"));
        await SaysAsync(qos, "checks hold under the root");

        // The emulated machine's vsock carries nothing out (docs/machine.md), which is said; so a connection is taken inside, and ends.
        Assert.Contains(qos.Errors, static line => line.Contains("the virtual machine carries no connection out", StringComparison.Ordinal));
        string hosts = await AskAsync(qos, "file /etc/hosts");
        Assert.Matches(@"(?m)^127\.1\.0\.1\s+one\.example$", hosts);
        Assert.Matches(@"(?m)^127\.1\.0\.2\s+two\.example$", hosts);
        Assert.Equal("", await AskAsync(qos, "ask one.example 443"));
        Assert.Equal("", await AskAsync(qos, "ask two.example 443"));
        Assert.StartsWith("not connected", await AskAsync(qos, "ask two.example 444"), StringComparison.Ordinal);
        Assert.StartsWith("not resolved", await AskAsync(qos, "ask elsewhere.example 443"), StringComparison.Ordinal);

        string proof = Body(await AskAsync(qos, """service /v1/proof {"timestampMs":"1763760000000","price":"42"}"""));
        string answer = Path.Combine(_folder, "answer.json");
        await File.WriteAllTextAsync(answer, proof, TestContext.Current.CancellationToken);
        (int code, string[] said, string[] errors) = await RunningProgram.RunAsync(
            "qos", "verify", "deployment", answer, "--boot-proof", Path.Combine(proofs, "boot-proof.json"), "--root", Path.Combine(proofs, "root.pem"),
            "--quorum-key", Path.Combine(proofs, "quorum_key.pub"), "--pcrs", Path.ChangeExtension(image.Image, "pcrs"), "--pcr3", new string('0', 96), "--allow-debug", "--pivot", app);
        Assert.True(code == 0, string.Join('\n', said.Concat(errors)));

        (string quorum, string ephemeral) = await KeysAsync(qos);
        await File.WriteAllBytesAsync(app + ".new", [.. await File.ReadAllBytesAsync(app, TestContext.Current.CancellationToken), 0], TestContext.Current.CancellationToken);
        File.Move(app + ".new", app, overwrite: true);
        await SaysAsync(qos, ", with the same quorum key");
        (string quorumAfter, string ephemeralAfter) = await KeysAsync(qos);
        Assert.Equal(quorum, quorumAfter);
        Assert.NotEqual(ephemeral, ephemeralAfter);

        await qos.SignalAsync("INT");
        Assert.Equal(130, await qos.ExitAsync(s_patience));
        await NothingIsLeftAsync(qos);
    }

    [MachineFact(MachineNeed.SigningModule)]
    public async Task An_apps_exit_code_is_the_runs_and_a_killed_run_leaves_nothing_that_runs()
    {
        await using RunningProgram qos = Run(image.Pivot, "--port", Text($"{_port}"), "--", Text($"{_port}"));
        await SaysAsync(qos, "checks hold under the root");
        await AskAsync(qos, "file /proc/uptime");
        using (Socket ending = await ConnectAsync("end 7"))
            Assert.Equal(7, await qos.ExitAsync(s_patience));
        Assert.Contains("qos dev: the app exited with code 7", qos.Errors);
        await NothingIsLeftAsync(qos);

        await using RunningProgram killed = Run(image.Pivot, "--port", Text($"{_port}"), "--", Text($"{_port}"));
        await SaysAsync(killed, "booting");
        await Eventually.TrueAsync(() => Directory.GetDirectories("/proc").Any(process => Runs(process, "qemu-system")), () => killed.Log);
        await killed.SignalAsync("KILL");
        await killed.ExitAsync(s_patience);
        await Eventually.TrueAsync(() => !Directory.GetDirectories("/proc").Any(Mentions), () => "something still runs");
    }

    [MachineFact(MachineNeed.SigningModule)]
    public async Task What_an_image_cannot_run_and_what_is_no_image_are_one_line()
    {
        string script = Path.Combine(_folder, "script");
        await File.WriteAllTextAsync(script, "#!/bin/sh\nexit 0\n", TestContext.Current.CancellationToken);
        await using RunningProgram refused = Run(script);
        Assert.Equal(1, await refused.ExitAsync(s_patience));
        Assert.StartsWith($"qos: an image cannot run {script}: ", refused.Errors[^1], StringComparison.Ordinal);
        await NothingIsLeftAsync(refused);
        await using RunningProgram none = RunningProgram.Start("qos", "dev", "run", script, "--machine", "--eif", script);
        Assert.Equal(1, await none.ExitAsync(s_patience));
        Assert.StartsWith($"qos: {script}: ", none.Errors[^1], StringComparison.Ordinal);
        await using RunningProgram absent = RunningProgram.Start("qos", "dev", "run", script, "--machine", "--eif", Path.Combine(_folder, "absent"));
        Assert.Equal(1, await absent.ExitAsync(s_patience));
        Assert.Equal($"qos: the image {Path.Combine(_folder, "absent")} is not there: make eif makes it", absent.Errors[^1]);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private RunningProgram Run(string app, params string[] words) =>
        RunningProgram.StartAt("qos", "env", [$"TMPDIR={_folder}", Programs.Find("qos"), "dev", "run", app, "--machine", "--eif", image.Image, .. words]);

    // An emulated machine on a busy processor.
    private static Task SaysAsync(RunningProgram qos, string text) => WaitAsync(
        () => qos.HasExited || qos.Output.Concat(qos.Errors).Any(line => line.Contains(text, StringComparison.Ordinal)),
        () => qos.Errors.Any(line => line.Contains(text, StringComparison.Ordinal)), () => $"It does not say \"{text}\".\n{qos.Log}");

    private static async Task WaitAsync(Func<bool> done, Func<bool> good, Func<string> complaint)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!done() && !patience.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        Assert.True(good(), complaint());
    }

    // Asked until the app that is meant answers: the one before it may have been replaced in the middle.
    private async Task<string> AskAsync(RunningProgram qos, string request) => await Eventually.IsAsync(
        async () =>
        {
            try
            {
                using Socket socket = await ConnectAsync(request);
                await using var stream = new NetworkStream(socket);
                return await ProvisionedMachine.AnswerAsync(stream);
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                return null;
            }
        },
        () => $"the app does not answer '{request}'\n{qos.Log}");

    private async Task<Socket> ConnectAsync(string request)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request + "\n"));
        return socket;
    }

    private async Task<(string Quorum, string Ephemeral)> KeysAsync(RunningProgram qos)
    {
        using JsonDocument keys = JsonDocument.Parse(Body(await AskAsync(qos, "service /v1/keys")));
        return (keys.RootElement.GetProperty("quorumKey").GetString()!, keys.RootElement.GetProperty("ephemeralKey").GetString()!);
    }

    private static string Body(string answer)
    {
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    private async Task NothingIsLeftAsync(RunningProgram qos)
    {
        output.WriteLine(qos.Log);
        Assert.Empty(Directory.GetDirectories(_folder, "qos-dev-*"));
        await Eventually.TrueAsync(() => !Directory.GetDirectories("/proc").Any(Mentions), () => $"something still runs\n{qos.Log}");
    }

    private bool Mentions(string process) => Says(process, "environ", _folder);

    private bool Runs(string process, string program) => Mentions(process) && Says(process, "cmdline", program);

    private static bool Says(string process, string file, string text)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file)).Contains(text, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
