using System.Net.Sockets;
using System.Text;
using Qos.App;
using Qos.App.Tests;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.AppService.Tests;

/// <summary>The service over a real socket, with real keys and the simulated module.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SimulatorPki _pki = SimulatorPki.Create();
    private readonly SoftwareNsm _nsm;
    private readonly CancellationTokenSource _stop = new();
    private readonly AppServer _server;
    private readonly Task _serving;
    private readonly List<string> _reports = [];

    public RunningService(AppServiceOptions? options = null, INsm? nsm = null)
    {
        _nsm = new SoftwareNsm(new SoftwareNsmOptions { Pki = _pki });
        App = Folder.Open();
        _server = AppServer.Listen(Socket, App, nsm ?? _nsm, options ?? new AppServiceOptions(), _reports.Add);
        _serving = _server.RunAsync(_stop.Token);
    }

    public EnclaveFolder Folder { get; } = new();

    public QosApp App { get; }

    public string Socket => Folder.PathOf("qos.sock");

    public int Connections => _server.Connections;

    public ReadOnlyMemory<byte> Root => _pki.RootDer;

    /// <summary>Connects.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        return socket;
    }

    /// <summary>Sends bytes on a connection of their own, ends the sending, and gives everything that comes back.</summary>
    public async Task<string> ExchangeAsync(params IEnumerable<byte[]> pieces)
    {
        using Socket socket = await ConnectAsync();
        foreach (byte[] piece in pieces)
        {
            try
            {
                await socket.SendAsync(piece);
            }
            catch (SocketException)
            {
                // It was refused before its end; the answer is there.
                break;
            }
        }

        socket.Shutdown(SocketShutdown.Send);
        return await ReadToEndAsync(socket);
    }

    public Task<string> ExchangeAsync(string text) => ExchangeAsync(Encoding.Latin1.GetBytes(text));

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(s_patience);
        var text = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int read;
            try
            {
                read = await socket.ReceiveAsync(buffer, patience.Token);
            }
            catch (SocketException)
            {
                read = 0;
            }

            if (read == 0)
                return text.ToString();
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _server.Dispose();
        App.Dispose();
        _nsm.Dispose();
        _pki.Dispose();
        _stop.Dispose();
        Folder.Dispose();
        Assert.Empty(_reports);
    }
}
