using Qos.Init;
using Qos.Keys;
using Qos.Nsm;
using Qos.Runtime;
using Qos.Transport;

const int WrongUsage = 2;
const int ConsoleDescriptor = 1;
const ushort Measured = 3;

if (Environment.ProcessId != 1)
{
    Console.Error.WriteLine("init: this is the first process of an enclave image and runs as process 1 only; on a machine use qos-enclave");
    return WrongUsage;
}

var console = new LineWriter(ConsoleDescriptor);
var log = new BootLog(line => console.TryWrite(line));
try
{
    log.Say("started");
    log.Say(Mounts.MountAll());
    log.Say(MachineSetup.CheckStandardStreams());
    ProcessHardening.Apply();
    NodeHost.StayOnSocketThreads();
    if (Processor.Unsupported is { } missing)
        throw new BootException(missing);
    log.Say(MachineSetup.RaiseFileLimit());
    Heartbeat.Start(log);
    using NsmDevice nsm = SecurityModule.Open(out string module);
    log.Say(module);
    for (ushort index = 0; index < Measured; index++)
        log.Say(SecurityModule.DescribeMeasurement(nsm, index));
    log.Say(SecurityModule.CheckEntropy());
    log.Say(SecurityModule.AddKernelEntropy(nsm));
    log.Say(NetworkIsolation.BringLoopbackUp() is { } reason ? throw new BootException($"the loopback interface cannot be brought up: {reason}") : "lo is up");
    log.Say($"context identifier {Kernel.ReadContextIdentifier()}");
    log.Say(Kernel.DescribeClock());
    int code = RunNode(nsm, console, log);
    log.Say($"the app has ended with code {code} and is not to be started again; the machine stops");
}
catch (Exception e)
{
    // This machine has no other process that could deal with any exception.
    log.Say($"fatal: {(e is BootException ? "" : e.GetType().Name + ": ")}{e.Message}; the machine stops");
}

return MachineSetup.PowerOff(log, console);

// The device, the root folder, vsock. There is nothing to choose; everything is in the measured image.
static int RunNode(NsmDevice nsm, LineWriter console, BootLog log)
{
    using var lines = new ConsoleLog(console.TryWrite, TimeProvider.System);
    var host = new NodeHostOptions
    {
        Directory = "/",
        TrustAnchor = static () => AwsRoot.Der.ToArray(),
        RemovesKeys = false,
        Runtime = new EnclaveRuntimeOptions
        {
            Address = EnclaveAddress.Vsock(VsockEndPoint.AnyCid),

            // The image has none, and there is no resolver of ours: what an app does with the addresses is its own affair.
            ResolverFile = "/etc/resolv.conf",
            HostsFile = "/etc/hosts",
            Pivot = new PivotSupervisorOptions
            {
                ReapsOrphans = true,
                Confinement = PivotConfinement.Required,
                Console = line => console.TryWrite($"pivot: {line}"),
            },
        },
    };
    return NodeHost.Run(
        nsm,
        host,
        lines,
        () =>
        {
            log.Say($"listening on port {EnclaveAddress.ControlPort}");
            log.Say(Kernel.DescribeMemory());
        },
        CancellationToken.None);
}
