using System.Buffers.Binary;
using System.Diagnostics;
using Qos.Nsm;

namespace Qos.Simulator.Tests;

/// <summary>Which module a process meets: that of the enclave that runs, or a new one after its end. The processes are real.</summary>
public sealed class EnclaveProcessTests : IDisposable
{
    private static readonly SimulatorPki s_pki = SimulatorPki.Create();

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-sim").FullName;

    private string SocketPath => Path.Combine(_folder, "nsm");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public Task The_first_process_after_the_end_of_an_enclave_is_a_new_enclave() => WithServerAsync(server =>
    {
        string first = server.Module.ModuleId;
        using (var enclave = new Peer(SocketPath))
        {
            Boot(enclave);
            enclave.Kill();
        }

        using var next = new Peer(SocketPath);
        NsmResponse.DescribeNsm described = Describe(next);
        Assert.NotEqual(first, described.ModuleId);
        Assert.Equal(server.Module.ModuleId, described.ModuleId);
        Boot(next);
    });

    [Fact]
    public Task A_process_that_connects_again_finds_the_module_as_it_left_it() => WithServerAsync(server =>
    {
        using var enclave = new Peer(SocketPath);
        Boot(enclave);
        enclave.Reconnect();
        AssertBooted(enclave);
        Assert.Equal(server.Module.ModuleId, Describe(enclave).ModuleId);
    });

    [Fact]
    public Task Processes_that_run_at_the_same_time_share_the_module() => WithServerAsync(_ =>
    {
        var enclave = new Peer(SocketPath);
        Boot(enclave);
        using var second = new Peer(SocketPath);
        AssertBooted(second);

        // The second one still runs, so the enclave has not ended.
        enclave.Kill();
        using var third = new Peer(SocketPath);
        AssertBooted(third);
    });

    [Fact]
    public Task A_process_that_only_looked_does_not_end_the_enclave() => WithServerAsync(_ =>
    {
        using var enclave = new Peer(SocketPath);
        Boot(enclave);
        for (int i = 0; i < 3; i++)
        {
            using var visitor = new Peer(SocketPath);
            AssertBooted(visitor);
        }

        enclave.Reconnect();
        AssertBooted(enclave);
    });

    private static void Boot(Peer enclave)
    {
        Assert.IsType<NsmResponse.ExtendPcr>(enclave.Send(new NsmRequest.ExtendPcr(16, new byte[] { 1 })));
        Assert.IsType<NsmResponse.LockPcrs>(enclave.Send(new NsmRequest.LockPcrs(Pcr.Count)));
        AssertBooted(enclave);
    }

    private static void AssertBooted(Peer peer)
    {
        var pcr = Assert.IsType<NsmResponse.DescribePcr>(peer.Send(new NsmRequest.DescribePcr(16)));
        Assert.True(pcr.Lock);
        Assert.Equal(Convert.ToHexStringLower(Pcr.Extend(new byte[48], [1])), Convert.ToHexStringLower(pcr.Data.Span));
    }

    private static NsmResponse.DescribeNsm Describe(Peer peer) => Assert.IsType<NsmResponse.DescribeNsm>(peer.Send(new NsmRequest.DescribeNsm()));

    private async Task WithServerAsync(Action<SimulatorServer> act)
    {
        using var stop = new CancellationTokenSource();
        using SimulatorServer server = SimulatorServer.Listen(() => new SoftwareNsm(new() { Pki = s_pki }), SocketPath);
        Task running = server.RunAsync(stop.Token);
        try
        {
            await Task.Run(() => act(server));
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    /// <summary>Another process that speaks to the simulator: frames in hex on its standard input, answers in hex on its output.</summary>
    private sealed class Peer : IDisposable
    {
        private const string Program = """
            use Socket; $| = 1;
            sub dial { socket(S, PF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un($ARGV[0])) or die "connect: $!" }
            sub take { my ($n, $all) = (shift, ""); while (length $all < $n) { sysread(S, $all, $n - length $all, length $all) or die "read: $!" } $all }
            dial();
            while (<STDIN>) {
                chomp;
                if ($_ eq "again") { close S; dial(); next }
                syswrite(S, pack("H*", $_));
                print unpack("H*", take(unpack("V", take(4)))), "\n";
            }
            """;

        private readonly Process _process;

        public Peer(string socket) => _process = Process.Start(new ProcessStartInfo("perl", ["-e", Program, socket])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

        public NsmResponse Send(NsmRequest request)
        {
            byte[] encoded = NsmCodec.EncodeRequest(request);
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, encoded.Length);
            _process.StandardInput.WriteLine(Convert.ToHexString(length) + Convert.ToHexString(encoded));
            return NsmCodec.DecodeResponse(Convert.FromHexString(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the peer has ended")));
        }

        public void Reconnect() => _process.StandardInput.WriteLine("again");

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            Kill();
            _process.Dispose();
        }
    }
}
