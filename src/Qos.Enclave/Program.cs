using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Qos.Enclave;
using Qos.Keys;
using Qos.Node;
using Qos.Nsm;
using Qos.Runtime;
using Qos.Transport;

const int CannotRun = 1;
const int WrongUsage = 2;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(EnclaveOptions.Help);
    return 0;
}

try
{
    ProcessHygiene.FillStandardDescriptors();
    ProcessHygiene.Apply();
    return Run(EnclaveOptions.Parse(args));
}
catch (UsageException e)
{
    Complain($"{e.Message}; see qos-enclave --help");
    return WrongUsage;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or NsmException or TransportException or InvalidOperationException)
{
    Complain(e.Message);
    return CannotRun;
}

static void Complain(string message) => Console.Error.WriteLine($"qos-enclave: {SafeText.OneLine(message)}");

static int Run(EnclaveOptions options)
{
    using var log = new ConsoleLog(Console.Error.WriteLine, TimeProvider.System);
    using FolderLock folder = FolderLock.Take(options.Directory);
    IReadOnlyList<string> leftovers = NodeLeftovers.Remove(options.Directory);
    if (leftovers.Count > 0)
        log.LeftoversRemoved(options.Directory, string.Join(", ", leftovers));

    using NetworkIsolation? network = NetworkOf(options, log);
    INsm nsm = options.SimulatorSocket is { } socket ? SimulatorNsm.Connect(socket) : new NsmDevice();
    using var nsmLife = (IDisposable)nsm;
    using var files = new NodeFiles(options.Directory);
    using var node = new QuorumNode(nsm, files, SystemRandomSource.Instance, new NodeOptions
    {
        Version = typeof(EnclaveOptions).Assembly.GetName().Version?.ToString(3) ?? "0",
        Commit = typeof(EnclaveOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(metadata => metadata.Key == "Commit")?.Value ?? "unknown",
        TrustAnchor = nsm is SimulatorNsm simulator ? simulator.Root : static () => AwsRoot.Der.ToArray(),
        Log = log.Write,
    });
    using var messages = new MessageService(node, files);
    using var loggers = new LoggerFactory([log]);
    using var runtime = new EnclaveRuntime(
        new EnclaveRuntimeOptions
        {
            Address = options.Address,
            Network = network,
            Pivot = new PivotSupervisorOptions { ReapsOrphans = true },
        },
        messages, node.Provisioned, status => node.PivotStatus = status, loggers);
    return RunHost(runtime, log);
}

// The Generic Host without its defaults: no configuration files, no environment, nothing that a neighbour could change.
static int RunHost(EnclaveRuntime runtime, ConsoleLog log)
{
    var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
    builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Warning);
    builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
    builder.Services.AddSingleton(runtime);
    builder.Services.AddSingleton<EnclaveService>();
    builder.Services.AddHostedService(services => services.GetRequiredService<EnclaveService>());
    using IHost host = builder.Build();
    EnclaveService service = host.Services.GetRequiredService<EnclaveService>();
    host.Run();
    return service.ExitCode;
}

static NetworkIsolation? NetworkOf(EnclaveOptions options, ConsoleLog log)
{
    // Behind a vsock the enclave's own network is as isolated as it gets.
    if (options.Network == NetworkChoice.Shared || (options.Network == NetworkChoice.Automatic && options.Address.Kind == EnclaveAddressKind.Vsock))
        return null;
    if (NetworkIsolation.TryCreate(out string? whyNot) is { } network)
    {
        log.NetworkIsolated();
        return network;
    }

    if (options.Network == NetworkChoice.Isolated)
        throw new IOException($"the app's network cannot be isolated ({whyNot}): run as root, or with --network shared");
    log.NetworkShared(whyNot!);
    return null;
}
