using Qos.Init;
using Qos.Nsm;
using Qos.Runtime;

const int WrongUsage = 2;
const int ConsoleDescriptor = 1;
const ushort Measured = 3;

if (Environment.ProcessId != 1)
{
    Console.Error.WriteLine("init: this is the first process of an enclave image and runs as process 1 only; on a machine use qos-enclave");
    return WrongUsage;
}

using var console = new SerialConsole(ConsoleDescriptor);
var log = new BootLog(console.Write);
try
{
    log.Say("started");
    log.Say(Mounts.MountAll());
    log.Say(StandardStreams.Check());
    ProcessHygiene.Apply();
    log.Say(Limits.Raise());
    Heartbeat.Start(log);
    using NsmDevice nsm = SecurityModule.Open(out string module);
    log.Say(module);
    for (ushort index = 0; index < Measured; index++)
        log.Say(SecurityModule.DescribeMeasurement(nsm, index));
    log.Say(SecurityModule.CheckEntropy());
    log.Say(SecurityModule.StirPool(nsm));
    log.Say(NetworkIsolation.BringLoopbackUp() is { } reason ? throw new BootException($"the loopback interface cannot be brought up: {reason}") : "lo is up");
    log.Say($"context identifier {VsockIdentity.Read()}");
    log.Say(ClockSource.Check());
    int code = EnclaveNode.Run(nsm, console, log);
    log.Say($"the app has ended with code {code} and is not to be started again; the machine stops");
}
catch (Exception e)
{
    // Whatever it is: this machine has no other process that could deal with it.
    log.Say($"fatal: {(e is BootException ? "" : e.GetType().Name + ": ")}{e.Message}; the machine stops");
}

return Machine.Stop(log, console);
