using Microsoft.Extensions.Logging.Abstractions;
using Qos.Keys;
using Qos.Node;
using Qos.Protocol;
using Qos.Runtime.Tests.Pivot;
using Qos.Simulator;
using Qos.Transport;

namespace Qos.Runtime.Tests.Life;

/// <summary>A node's whole life around real sockets and a real pivot. Format: docs/protocol/messages.md, The pivot; host.md, Bridges.</summary>
[Collection(RealProcesses.Name)]
public sealed class EnclaveRuntimeTests : IAsyncLifetime
{
    private const ushort Port = 3017;

    private readonly TestFolder _folder = new();
    private readonly SimulatorPki _pki = SimulatorPki.Create();
    private readonly SoftwareNsm _nsm;
    private readonly NodeFiles _files;
    private readonly QuorumNode _node;
    private readonly MessageService _messages;
    private readonly NetworkIsolation? _network = NetworkIsolation.TryCreate(out _);
    private readonly EnclaveAddress _address;
    private readonly EnclaveRuntime _runtime;
    private readonly CancellationTokenSource _stop = new();
    private readonly TwoMembers _members = new();
    private Task<int>? _running;

    public EnclaveRuntimeTests()
    {
        Directory.CreateDirectory(_folder["enclave"]);
        _nsm = new SoftwareNsm(new SoftwareNsmOptions { Pki = _pki });
        _files = new NodeFiles(_folder["enclave"]);
        _node = new QuorumNode(_nsm, _files, SystemRandomSource.Instance, new NodeOptions { Version = "1", Commit = "test" });
        _messages = new MessageService(_node);
        _address = EnclaveAddress.Unix(_folder["s"]);
        _runtime = new EnclaveRuntime(
            new EnclaveRuntimeOptions { Address = _address, Network = _network, ResolverFile = _folder["etc/resolv.conf"], Pivot = new PivotSupervisorOptions { ReapsOrphans = true } },
            _messages, _node.Provisioned, status => _node.PivotStatus = status, NullLoggerFactory.Instance);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    public async Task A_provisioned_node_runs_its_pivot_behind_its_bridge_and_ends_with_it(byte code, int exitCode)
    {
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        await Start(node, RestartPolicy.Never);
        using (EnclaveStream app = await Greeted())
        {
            // The app may greet before its supervisor has said that it runs.
            await Pivot(node, static pivot => pivot.State == PivotState.Running);
            await app.WriteAsync(new[] { code });
            Assert.Equal(exitCode, await running.WaitAsync(PivotRun.Patience));
        }
    }

    [Fact]
    public async Task A_pivot_under_Always_comes_back_and_a_cancellation_ends_everything()
    {
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        await Start(node, RestartPolicy.Always);
        using (EnclaveStream app = await Greeted())
            await app.WriteAsync(new byte[] { 9 });
        PivotStatus report = await Pivot(node, static pivot => pivot is { State: PivotState.Running, Restarts: > 0 });
        Assert.Equal(9, report.LastExit?.Code);
        (await Greeted()).Dispose();

        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
        Assert.False(File.Exists(_address.ListenInEnclave(Port).ToString()!));
    }

    [Fact]
    public async Task A_pivot_that_is_no_program_leaves_a_node_that_says_so()
    {
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        await _members.StartAsync(node, Config(RestartPolicy.Always), "no program"u8.ToArray());
        PivotStatus failed = await Pivot(node, static pivot => pivot.State is PivotState.Failed);
        Assert.Contains("Exec format error; the file is no ELF program", failed.Reason, StringComparison.Ordinal);
        BridgeStatus bridge = Assert.Single(failed.Bridges);
        Assert.Equal((true, Port, null), (bridge.IsServer, bridge.Port, bridge.Problem));
        Assert.False(running.IsCompleted);
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
    }

    [Fact]
    public async Task Name_servers_that_cannot_be_written_leave_a_node_that_says_so()
    {
        // A file stands where the folder would be.
        File.WriteAllText(_folder["etc"], "");
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        await _members.StartAsync(node, Config(RestartPolicy.Always), GreetingPivot.Compile(_folder), new DnsConfig([]));
        PivotStatus failed = await Pivot(node, static pivot => pivot.State is PivotState.Failed);
        Assert.Contains("names cannot be written", failed.Reason, StringComparison.Ordinal);
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
    }

    [Fact]
    public async Task A_bridge_that_cannot_be_opened_is_in_the_status_with_its_reason()
    {
        File.WriteAllText(_address.ListenInEnclave(Port).ToString()!, "in the way");
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        await _members.StartAsync(node, Config(RestartPolicy.Always), GreetingPivot.Compile(_folder));
        PivotStatus failed = await Pivot(node, static pivot => pivot.State is PivotState.Failed);
        Assert.StartsWith($"the bridge server {Port} cannot be opened: ", failed.Reason, StringComparison.Ordinal);
        Assert.NotNull(Assert.Single(failed.Bridges).Problem);
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
    }

    [Fact]
    public async Task A_booted_node_says_which_it_is()
    {
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        NodeStatus before = await Status(node);
        Assert.Equal((null, null), (before.ManifestHash, before.EphemeralKey));
        await Start(node, RestartPolicy.Always);
        (await Greeted()).Dispose();
        NodeStatus after = await Status(node);
        Assert.Equal((32, 130), (after.ManifestHash!.Value.Length, after.EphemeralKey!.Value.Length));
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
    }

    [Fact]
    public async Task The_manifest_s_name_servers_are_there_before_the_pivot()
    {
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        DnsConfig dns = new([System.Net.IPAddress.Parse("10.0.0.2"), System.Net.IPAddress.Parse("2606:4700:4700::1111")]);
        await _members.StartAsync(node, Config(RestartPolicy.Always), GreetingPivot.Compile(_folder), dns);
        (await Greeted()).Dispose();
        string file = _folder["etc/resolv.conf"];
        Assert.Equal("nameserver 10.0.0.2\nnameserver 2606:4700:4700::1111\n", File.ReadAllText(file));
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead));
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
    }

    [Fact]
    public async Task Status_is_answered_while_a_boot_arrives_and_a_peer_that_vanishes_leaves_nothing()
    {
        Task<int> running = Run();
        using FrameConnection node = await Connect();
        byte[] program = GreetingPivot.Compile(_folder);
        byte[] body = MessageCodec.Encode(
            new ProtocolMessage.BootStandardRequest(_members.Approve(Config(RestartPolicy.Always) with { Hash = new byte[32] }), program),
            WireEncoding.Json);
        foreach (double part in (double[])[0.1, 0.5, 0.999])
        {
            using (EnclaveStream peer = await _address.ConnectAsync(EnclaveAddress.ControlPort))
            {
                await peer.WriteAsync(BitConverter.GetBytes((long)body.Length));
                await peer.WriteAsync(body.AsMemory(0, (int)(body.Length * part)));
                Assert.True(SpinWait.SpinUntil(() => Files.Length == 1, PivotRun.Patience), "the pivot is not staged");
                Assert.Equal(ProtocolPhase.WaitingForBootInstruction, (await Status(node)).Phase);
            }

            Assert.True(SpinWait.SpinUntil(() => Files.Length == 0, PivotRun.Patience), "the staged pivot is left over");
        }

        await _members.StartAsync(node, Config(RestartPolicy.Always), program);
        (await Greeted()).Dispose();
        await _stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(PivotRun.Patience));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // A runtime that a failed test leaves behind would reap the children of the next test, at which .NET ends the whole process.
        await _stop.CancelAsync();
        if (_running is not null)
            await _running.WaitAsync(PivotRun.Patience);
        _runtime.Dispose();
        _node.Dispose();
        _files.Dispose();
        _nsm.Dispose();
        _pki.Dispose();
        _network?.Dispose();
        _stop.Dispose();
        _members.Dispose();
        _folder.Dispose();
    }

    private string[] Files => Directory.GetFiles(_folder["enclave"]);

    private static PivotConfig Config(RestartPolicy restart) => new()
    {
        Hash = default,
        Restart = restart,
        BridgeConfig = [new BridgeConfig.Server(Port, "0.0.0.0")],
        Args = [$"{Port}"],
    };

    private static async Task<NodeStatus> Status(FrameConnection node) =>
        (await TwoMembers.AskAsync<ProtocolMessage.NodeStatusResponse>(node, new ProtocolMessage.NodeStatusRequest())).Status;

    private static async Task<PivotStatus> Pivot(FrameConnection node, Func<PivotStatus, bool> isAwaited)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            PivotStatus pivot = (await Status(node)).Pivot!;
            if (isAwaited(pivot))
                return pivot;
            Assert.True(TimeProvider.System.GetElapsedTime(started) < PivotRun.Patience, $"The pivot's status is still {pivot}");
            await Task.Yield();
        }
    }

    private Task Start(FrameConnection node, RestartPolicy restart) => _members.StartAsync(node, Config(restart), GreetingPivot.Compile(_folder));

    private Task<int> Run() => _running = _runtime.RunAsync(_stop.Token);

    private Task<FrameConnection> Connect() => FrameConnection.ConnectAsync(_address, FrameLimits.Default, TimeProvider.System);

    // The bridge is there before the app listens: until then a connection ends without a greeting.
    private async Task<EnclaveStream> Greeted()
    {
        byte[] greeting = new byte[5];
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < PivotRun.Patience, "The app greets nobody");
            EnclaveStream? app = null;
            try
            {
                app = await _address.ConnectAsync(Port);
                if (await app.ReadAtLeastAsync(greeting, 5, throwOnEndOfStream: false).AsTask().WaitAsync(PivotRun.Patience) == 5)
                    return app;
            }
            catch (TransportException)
            {
                // Not open yet, or reset because the app does not listen yet.
            }

            app?.Dispose();
            await Task.Yield();
        }
    }
}
