using System.Reflection;
using Microsoft.Extensions.Logging;
using Qos.Keys;
using Qos.Node;
using Qos.Nsm;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>Runs a node in this process: its files, its messages, its pivot. What <c>qos-enclave</c> and an image's <c>init</c> share.</summary>
internal static class NodeHost
{
    /// <summary>
    /// What waits for bytes of a socket goes on, on the thread that the kernel woke, without a second thread: of a boot that is a fifth of the enclave's work. Nothing blocks
    /// such a thread: messages are decoded and answered on others (<see cref="ControlConnection"/>). To be called before the process has a socket.
    /// </summary>
    public static void StayOnSocketThreads() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

    /// <summary>Runs it until it is stopped, or until its pivot has ended under <c>Never</c>.</summary>
    /// <param name="nsm">The module; its owner's.</param>
    /// <param name="options">Where the node lives.</param>
    /// <param name="log">Takes one line for each event.</param>
    /// <param name="listening">Called when the host is answered from now on.</param>
    /// <param name="stop">Ends the node and its pivot.</param>
    /// <returns>The program's exit code: 0 when it was stopped, otherwise the pivot's.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="TransportException">The address is in use or cannot be listened on.</exception>
    public static int Run(INsm nsm, NodeHostOptions options, ConsoleLog log, Action? listening, CancellationToken stop)
    {
        using var files = new NodeFiles(options.Directory);
        try
        {
            using var node = new QuorumNode(nsm, files, SystemRandomSource.Instance, OptionsFrom(options), new Logger<QuorumNode>(log));
            using var runtime = new EnclaveRuntime(
                options.Runtime with { Service = new LocalServiceSetup { Directory = options.Directory, Nsm = nsm } }, new MessageService(node), node.Provisioned, status => node.PivotStatus = status, log);
            Task<int> running = runtime.RunAsync(stop);
            listening?.Invoke();
            return running.GetAwaiter().GetResult();
        }
        finally
        {
            if (options.RemovesKeys)
                files.RemoveKeys();
        }
    }

    /// <summary>The program's version, and the commit that it was made from.</summary>
    public static (string Version, string Commit) ProgramVersion()
    {
        Assembly program = Assembly.GetEntryAssembly() ?? typeof(NodeHost).Assembly;
        string? commit = program.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static metadata => metadata.Key == "Commit")?.Value;
        return (program.GetName().Version?.ToString(3) ?? "0", commit ?? "unknown");
    }

    private static NodeOptions OptionsFrom(NodeHostOptions options)
    {
        (string version, string commit) = ProgramVersion();
        return new NodeOptions { Version = version, Commit = commit, TrustAnchor = options.TrustAnchor };
    }
}

/// <summary>Where a node lives.</summary>
internal sealed record NodeHostOptions
{
    /// <summary>The folder of manifest, pivot and keys.</summary>
    public required string Directory { get; init; }

    /// <summary>As <see cref="NodeOptions.TrustAnchor"/>.</summary>
    public required Func<ReadOnlyMemory<byte>?> TrustAnchor { get; init; }

    /// <summary>Whether the key files are removed in the end: on a machine, whose disk outlives the node. An image's are memory.</summary>
    public required bool RemovesKeys { get; init; }

    /// <summary>Address, network, pivot.</summary>
    public required EnclaveRuntimeOptions Runtime { get; init; }
}
