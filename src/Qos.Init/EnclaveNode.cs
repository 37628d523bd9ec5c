using System.Reflection;
using Qos.Keys;
using Qos.Node;
using Qos.Nsm;
using Qos.Runtime;
using Qos.Transport;

namespace Qos.Init;

/// <summary>The node in the machine: the device, the root folder, vsock. There is nothing to choose; everything is in the measured image.</summary>
internal static class EnclaveNode
{
    private const string Folder = "/";

    // The image has none, and there is no resolver of ours: what an app does with the addresses is its own affair.
    private const string ResolverFile = "/etc/resolv.conf";

    /// <summary>Runs it until the pivot has ended under <c>Never</c>; returns the pivot's exit code.</summary>
    public static int Run(INsm nsm, SerialConsole console, BootLog log)
    {
        using var lines = new ConsoleLog(console.Write, TimeProvider.System);
        using var files = new NodeFiles(Folder);
        using var node = new QuorumNode(nsm, files, SystemRandomSource.Instance, new NodeOptions
        {
            Version = typeof(EnclaveNode).Assembly.GetName().Version?.ToString(3) ?? "0",
            Commit = typeof(EnclaveNode).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .FirstOrDefault(static metadata => metadata.Key == "Commit")?.Value ?? "unknown",
            TrustAnchor = static () => AwsRoot.Der.ToArray(),
            Log = lines.Write,
        });
        using var messages = new MessageService(node, files);
        using var loggers = new SingleLog(lines);
        using var runtime = new EnclaveRuntime(
            new EnclaveRuntimeOptions
            {
                Address = EnclaveAddress.Vsock(VsockEndPoint.AnyCid),
                ResolverFile = ResolverFile,
                Pivot = new PivotSupervisorOptions { ReapsOrphans = true, Console = line => console.Write($"pivot: {line}") },
            },
            messages, node.Provisioned, status => node.PivotStatus = status, loggers);
        Task<int> running = runtime.RunAsync(CancellationToken.None);
        log.Say($"listening on port {EnclaveAddress.ControlPort}");
        log.Say(MemoryUse.Read());
        return running.GetAwaiter().GetResult();
    }
}
