using System.Globalization;
using System.Net.Sockets;
using Qos.EndToEnd.Local;
using Qos.Protocol;
using Qos.Vectors;

namespace Qos.EndToEnd.Tests;

/// <summary>The reference's programs by their names, as a script starts them: docs/interop.md.</summary>
public sealed class ReferenceProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-reference-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_development_boot_and_the_mock_module_ends_with_its_enclave()
    {
        string socket = Path.Combine(_folder, "dev.sock");
        await using RunningProgram core = Start(
            "qos_core", "--usock", socket, "--mock", "--quorum-file", File("quorum.secret"), "--pivot-file", File("pivot"), "--manifest-file", File("manifest"));
        await core.SaysAsync("listening on");
        string[] address = ["--host-ip", "127.0.0.1", "--host-port", LocalNode.FreePort().ToString(CultureInfo.InvariantCulture)];
        await using RunningProgram host = Start("qos_host", ["--usock", socket, .. address]);
        await host.SaysAsync("listening on");

        Assert.Equal(["Ok!"], await ClientAsync(["host-health", .. address]));
        Assert.Equal(
            ["Enclave is provisioned!"],
            await ClientAsync(["dangerous-dev-boot", "--pivot-path", Programs.Find("qos-sample-echo"), "--restart-policy", "always", .. address]));
        Assert.Equal(["Enclave phase: QuorumKeyProvisioned"], await ClientAsync(["enclave-status", .. address]));
        Assert.Equal(64, System.IO.File.ReadAllText(File("quorum.secret")).Length);
        await ClientAsync(["get-attestation-doc", "--attestation-doc-path", File("document"), "--manifest-envelope-path", File("envelope"), .. address]);

        await core.SignalAsync("KILL");
        await core.ExitAsync();
        await Eventually.TrueAsync(() => !Listens(socket + ".nsm"), () => "The simulator outlives its enclave.");
    }

    [Fact]
    public async Task An_enclave_that_is_developed_answers_through_its_bridge()
    {
        using var folder = new ScriptFolder();
        await folder.RunAsync($"mkdir local-enclave; cp {VectorFiles.PathOf("qos", "integration-mock", "dist", "aws-x86_64.pcrs")} mock.pcrs");
        int port = LocalNode.FreePort();
        await using MixedNode node = await MixedNode.StartAsync(folder, "local-enclave", isCore: true, isReferenceHost: true, port);
        Assert.Equal(
            ["Enclave is provisioned!"],
            await folder.RunAsync(
                $"qos_client dangerous-dev-boot {node.Address} --restart-policy never --unsafe-eph-path-override ./local-enclave/qos.ephemeral.key"
                + $" --pivot-path {Programs.Find("qos-sample-echo")} --pivot-args '[--port,{port},--qos-dir,{folder["local-enclave"]}]'"
                + $" --bridge-config '[{{\"type\":\"server\",\"port\":{port},\"host\":\"127.0.0.1\"}}]'"));
        Assert.Contains("DANGEROUS_DEV_BOOT_MEMBER_NAMESPACE", await node.AppAnswersAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_whose_app_ended_for_good_still_says_so_and_the_app_was_where_the_node_is()
    {
        using var folder = new ScriptFolder();
        string socket = folder["dev.sock"], pivot = folder["app"];
        await System.IO.File.WriteAllTextAsync(pivot, "#!/bin/sh\necho here > written; exit 7\n");
        await using RunningProgram core = folder.Start("qos_core", "--usock", socket, "--mock", "--quorum-file", folder["quorum"], "--pivot-file", folder["pivot"]);
        await core.SaysAsync("listening on");
        string[] address = ["--host-ip", "127.0.0.1", "--host-port", LocalNode.FreePort().ToString(CultureInfo.InvariantCulture)];
        await using RunningProgram host = folder.Start(["qos_host", "--usock", socket, .. address]);
        await host.SaysAsync("listening on");
        await ClientAsync(["dangerous-dev-boot", "--pivot-path", pivot, "--restart-policy", "never", .. address]);

        PivotStatus? last = null;
        await Eventually.TrueAsync(
            async () => (last = ((ProtocolMessage.NodeStatusResponse)await ControlSocket.AskAsync(socket, new ProtocolMessage.NodeStatusRequest())).Status.Pivot)
                is { State: PivotState.Exited },
            () => $"The node says {last}\n{core.Log}");
        Assert.Equal(7, last!.LastExit?.Code);
        Assert.Equal("here\n", await System.IO.File.ReadAllTextAsync(folder["written"]));
        Assert.Equal(7, await core.ExitAsync());
    }

    [Fact]
    public async Task Two_mocks_that_start_at_once_have_one_authority()
    {
        using var folder = new ScriptFolder();
        RunningProgram[] cores = [.. new[] { "a", "b" }.Select(name => folder.Start(
            "env", $"XDG_STATE_HOME={folder["state"]}", "qos_core", "--usock", folder[name], "--mock", "--quorum-file", folder[name + ".quorum"], "--pivot-file", folder[name + ".pivot"]))];
        try
        {
            foreach (RunningProgram core in cores)
                await core.SaysAsync("listening on");
            Assert.Equal(
                ["lock", "root.key", "root.pem"],
                Directory.GetFiles(folder["state/qos/mock-authority"]).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        }
        finally
        {
            foreach (RunningProgram core in cores)
                await core.DisposeAsync();
        }
    }

    private static bool Listens(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static RunningProgram Start(string name, params string[] args) =>
        RunningProgram.StartAt(name, Programs.Find(Path.Combine("..", "compat", name)), args);

    private static async Task<string[]> ClientAsync(string[] args)
    {
        await using RunningProgram client = Start("qos_client", args);
        int status = await client.ExitAsync();
        Assert.True(status == 0, $"{args[0]} ended with {status}\n{client.Log}");
        return client.Output;
    }

    private string File(string name) => Path.Combine(_folder, name);
}
