using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Qos.EndToEnd.Local;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Machine.Tests.Machines;

/// <summary>A machine with a manifest, a quorum key and a running app, set up below every verification: its module does not sign.</summary>
public sealed class ProvisionedMachine : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Quorum _quorum;
    private readonly ushort _port;

    private ProvisionedMachine(RunningMachine machine, Quorum quorum, ushort port)
    {
        Machine = machine;
        _quorum = quorum;
        _port = port;
    }

    /// <summary>The machine.</summary>
    public RunningMachine Machine { get; }

    /// <summary>The hash of the manifest that it runs.</summary>
    public byte[] ManifestHash { get; private set; } = [];

    /// <summary>The document that it answered its boot with.</summary>
    public AttestationDocument Setup { get; private set; } = null!;

    /// <summary>The document of the key that the app has.</summary>
    public AttestationDocument Live { get; private set; } = null!;

    /// <summary>The name servers in its manifest.</summary>
    public static IReadOnlyList<IPAddress> Resolvers { get; } = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("2606:4700:4700::1111")];

    /// <summary>Sets a machine up that answers and waits for its boot; it belongs to what this returns.</summary>
    public static async Task<ProvisionedMachine> SetUpAsync(RunningMachine machine, MachineImage image, RestartPolicy restart)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(image);
        var provisioned = new ProvisionedMachine(machine, Quorum.Deal(holders: 2), (ushort)LocalNode.FreePort());
        try
        {
            await provisioned.BootAsync(image, restart);
            return provisioned;
        }
        catch
        {
            await provisioned.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects to the app: through the host's TCP port, its half of the bridge, vsock, the enclave's half, TCP. The request's line is sent.</summary>
    public async Task<NetworkStream> ConnectAsync(string request)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _port);
            var stream = new NetworkStream(socket, ownsSocket: true);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request + "\n"));
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What the app answers to a request; asked again while the app does not listen yet.</summary>
    public Task<string> AskAsync(string request) => Eventually.IsAsync(
        async () =>
        {
            try
            {
                await using NetworkStream stream = await ConnectAsync(request);
                return await AnswerAsync(stream);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                return null;
            }
        },
        () => $"The app does not answer '{request}'.\n{Machine.Console}");

    /// <summary>Has the app end. What this returns is to be disposed of when the end was seen: closing it sooner could overtake the request.</summary>
    public Task<NetworkStream> EndAppAsync(string how) => ConnectAsync($"end {how}");

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        _quorum.Dispose();
    }

    /// <summary>Reads an answer of the app: a length in a line, and as many bytes, because the back end does not pass the end of one direction on.</summary>
    public static async Task<string> AnswerAsync(NetworkStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var patience = new CancellationTokenSource(s_patience);
        int length = 0;
        byte[] one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one, patience.Token);
            if (one[0] == '\n')
                break;
            length = (10 * length) + one[0] - '0';
        }

        byte[] answer = new byte[length];
        await stream.ReadExactlyAsync(answer, patience.Token);
        return Encoding.UTF8.GetString(answer);
    }

    private async Task BootAsync(MachineImage image, RestartPolicy restart)
    {
        Manifest manifest = ManifestOf(image, restart);
        ManifestHash = manifest.Hash();
        Setup = ModuleDocument.Read(await Machine.Client.BootAsync(_quorum.Approve(manifest), image.Pivot));
        PublicKey setupKey = PublicKey.Parse(Setup.PublicKey!.Value.Span);
        for (int holder = 0; holder < 2; holder++)
        {
            using SecretMemory share = _quorum.PlainShare(holder);
            bool complete = await Machine.Client.ProvisionAsync(
                setupKey.Encrypt(share.Span, SystemRandomSource.Instance), _quorum.Holders[holder].Approve(manifest));
            Assert.Equal(holder == 1, complete);
        }

        await Machine.StatusAsync(static status => status.Pivot?.State == PivotState.Running);
        Live = ModuleDocument.Read((await Machine.Client.AttestationAsync()).Document);
    }

    private Manifest ManifestOf(MachineImage image, RestartPolicy restart) => new()
    {
        Version = ManifestVersion.V2,
        Namespace = new ManifestNamespace("test/machine", 1, _quorum.PublicKey),
        Pivot = new PivotConfig
        {
            Hash = SHA256.HashData(File.ReadAllBytes(image.Pivot)),
            Restart = restart,
            DebugMode = true,
            Args = [_port.ToString(CultureInfo.InvariantCulture)],
            BridgeConfig = [new BridgeConfig.Server(_port, "127.0.0.1")],
        },
        ManifestSet = new MemberSet(2, [.. _quorum.Approvers.Select(static member => member.Public)]),
        ShareSet = new MemberSet(_quorum.Threshold, [.. _quorum.Holders.Select(static member => member.Public)]),
        Enclave = new EnclaveConfig
        {
            Pcr0 = image.Measured[0],
            Pcr1 = image.Measured[1],
            Pcr2 = image.Measured[2],
            Pcr3 = Pcr.FromRoleArn(RunningMachine.RoleArn),
            AwsRootCertificate = AwsRoot.Der.ToArray(),
            QosCommit = "test",
        },
        Dns = new DnsConfig(Resolvers),
    };
}
