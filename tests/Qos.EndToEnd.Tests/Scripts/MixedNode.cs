using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Qos.EndToEnd.Local;
using Qos.Vectors;

namespace Qos.EndToEnd.Tests;

/// <summary>A node whose enclave and host each are started by the reference's name and options or by ours, on the reference's mock certificates.</summary>
public sealed class MixedNode : IAsyncDisposable
{
    private readonly ScriptFolder _folder;
    private readonly string _name;
    private readonly List<RunningProgram> _programs = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    private MixedNode(ScriptFolder folder, string name)
    {
        (_folder, _name) = (folder, name);
        HostPort = LocalNode.FreePort();
        AppPort = LocalNode.FreePort();
    }

    /// <summary>The reference's root, which documents of these nodes lead to.</summary>
    public static string Root => VectorFiles.PathOf("qos", "qos_nsm-static", "mock_pki", "root.der");

    /// <summary>The port of the host's HTTP API.</summary>
    public int HostPort { get; }

    /// <summary>The port outside that leads to the app.</summary>
    public int AppPort { get; }

    /// <summary>The options of <c>qos_client</c> that name this node.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"--host-ip 127.0.0.1 --host-port {HostPort}");

    /// <summary>The option of <c>qos</c> that names this node.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"--host http://127.0.0.1:{HostPort}");

    /// <summary>The programs' output.</summary>
    public string Log => string.Join('\n', _programs.Select(static program => program.Log));

    /// <summary>Starts the programs and waits until they listen.</summary>
    /// <param name="folder">Where <c>mock.pcrs</c> is, and the node's files go: a folder with the node's name.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="isCore">Whether the enclave is <c>qos_core</c>, and not <c>qos-enclave</c> with <c>qos-nsm-sim</c>.</param>
    /// <param name="isReferenceHost">Whether the host is <c>qos_host</c> with <c>qos_bridge</c>, and not <c>qos-host</c>.</param>
    /// <param name="innerPort">The app's port in the enclave.</param>
    public static async Task<MixedNode> StartAsync(ScriptFolder folder, string name, bool isCore, bool isReferenceHost, int innerPort)
    {
        var node = new MixedNode(folder, name);
        try
        {
            if (isCore)
                await node.StartCoreAsync();
            else
                await node.StartEnclaveAsync();
            if (isReferenceHost)
                await node.StartReferenceHostAsync();
            else
                await node.StartHostAsync(innerPort);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the app answers through its bridge, once it does.</summary>
    public Task<string> AppAnswersAsync(string path) => Eventually.IsAsync(
        async () =>
        {
            try
            {
                return await _http.GetStringAsync(new Uri($"http://127.0.0.1:{AppPort}{path}"));
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                return null;
            }
        },
        () => $"The app does not answer through its bridge.\n{Log}");

    /// <summary>A message as other clients write it, and the answer's bytes.</summary>
    public async Task<byte[]> PostAsync(byte[] message)
    {
        using HttpResponseMessage answer = await _http.PostAsync(new Uri($"http://127.0.0.1:{HostPort}/qos/message"), new ByteArrayContent(message));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        for (; _programs.Count > 0; _programs.RemoveAt(_programs.Count - 1))
            await _programs[^1].DisposeAsync();
    }

    private string Socket => $"./{_name}.sock";

    private async Task StartCoreAsync() => await StartAsync(
        "listening on", "qos_core", "--usock", Socket, "--mock", "--mock-pcrs", "mock.pcrs", "--mock-pki", Path.GetDirectoryName(Root)!,
        "--quorum-file", $"./{_name}/qos.quorum.key", "--pivot-file", $"./{_name}/qos.pivot.bin", "--ephemeral-file", $"./{_name}/qos.ephemeral.key",
        "--manifest-file", $"./{_name}/qos.manifest");

    private async Task StartEnclaveAsync()
    {
        await StartAsync("is ready", "qos-nsm-sim", "--socket", Socket + ".nsm", "--pcrs", "mock.pcrs", "--mock-pki", Path.GetDirectoryName(Root)!);
        await StartAsync("listening on", "qos-enclave", "--socket", Socket, "--nsm", Socket + ".nsm", "--dir", _name);
    }

    private async Task StartReferenceHostAsync()
    {
        await StartAsync("listening on", "qos_host", "--usock", Socket, "--host-ip", "127.0.0.1", "--host-port", Text(HostPort));
        _programs.Add(_folder.Start(
            "qos_bridge", "--usock", Socket, "--control-url", $"http://localhost:{HostPort}/qos", "--host-port-override", Text(AppPort)));
    }

    private async Task StartHostAsync(int innerPort) => await StartAsync(
        "listening on", "qos-host", "--enclave-socket", Socket, "--listen", $"127.0.0.1:{HostPort}", "--publish", $"{innerPort}=127.0.0.1:{AppPort}");

    private async Task StartAsync(string ready, params string[] words)
    {
        RunningProgram program = _folder.Start(words);
        _programs.Add(program);
        await program.SaysAsync(ready);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
