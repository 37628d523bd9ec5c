using System.Globalization;
using Qos.Client;
using Qos.EndToEnd.Local;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Machine.Tests.Machines;

/// <summary>A machine that <c>eif/qemu/run</c> runs, with a host in front of it. Its module does not sign, so that any QEMU will do.</summary>
public sealed class RunningMachine : IAsyncDisposable
{
    // An emulated machine on a busy processor: ten times of what is usual.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_end = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private readonly RunningProgram _run;

    private RunningMachine(MachineImage image, string name)
    {
        _folder = Path.Combine(image.Folder, name);
        int port = LocalNode.FreePort();
        _run = RunningProgram.StartAt(
            name, Repository.PathOf("eif", "qemu", "run"), "--image", image.Image, "--dir", _folder, "--role-arn", RoleArn, "--no-build",
            "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            "--time-limit", string.Create(CultureInfo.InvariantCulture, $"{s_limit.TotalSeconds}"));
        Client = new NodeClient(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), TimeSpan.FromMinutes(1));
        ControlAddress = EnclaveAddress.VhostUser(Path.Combine(_folder, "vsock.sock"));
    }

    /// <summary>The parent's role, which makes PCR3.</summary>
    public static string RoleArn => "arn:aws:iam::123456789012:role/Webserver";

    /// <summary>The node, through the host.</summary>
    public NodeClient Client { get; }

    /// <summary>The machine's vsock, past the host.</summary>
    public EnclaveAddress ControlAddress { get; }

    /// <summary>Everything on the console so far.</summary>
    public string Console
    {
        get
        {
            using var reader = new StreamReader(new FileStream(Path.Combine(_folder, "console.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd();
        }
    }

    /// <summary>Starts it and waits until the node answers.</summary>
    public static async Task<RunningMachine> StartAsync(MachineImage image, string name)
    {
        ArgumentNullException.ThrowIfNull(image);
        var machine = new RunningMachine(image, name);
        try
        {
            await Eventually.IsAsync(machine.StatusOrNullAsync, () => $"The machine does not answer.\n{machine.Log}");
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for a state of the node.</summary>
    public Task<NodeStatus> StatusAsync(Func<NodeStatus, bool> wanted) => Eventually.IsAsync(
        async () => await Client.StatusAsync() is { } status && wanted(status) ? status : null,
        () => $"The node does not come to the state that is waited for.\n{Log}");

    /// <summary>Waits until the console says something.</summary>
    public Task SaysAsync(string text) => Eventually.TrueAsync(
        () => Console.Contains(text, StringComparison.Ordinal), () => $"The console does not say '{text}'.\n{Log}");

    /// <summary>Waits until the machine ends by itself; gives the runner's exit code.</summary>
    public Task<int> EndAsync() => _run.ExitAsync(s_end);

    /// <summary>Ends it, if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_run.HasExited)
            await _run.TerminateAsync(s_end);
        await _run.DisposeAsync();
    }

    private string Log =>
        $"{_run.Log}\n{string.Join('\n', Directory.GetFiles(_folder, "*.log").Order(StringComparer.Ordinal).Select(file => $"{file}:\n{File.ReadAllText(file)}"))}";

    private async Task<NodeStatus?> StatusOrNullAsync()
    {
        if (_run.HasExited)
            throw new InvalidOperationException($"The machine ended before it answered.\n{Log}");
        try
        {
            return await Client.StatusAsync();
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException)
        {
            return null;
        }
    }
}
