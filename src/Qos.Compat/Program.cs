using Qos.Arguments;
using Qos.Compat;
using Qos.Keys;

StandardStreams.Prepare(mayLoseOutput: false);
var screen = new Screen(Console.In, Console.Out, Console.Error);

// Before any key is read; the programs that the other names stand for do it themselves.
(string name, string[] rest) = CalledName.Split(CalledName.OfProcess(), args);
if (name == "qos_client")
    ProcessMemory.Protect();
return name switch
{
    "qos_client" => ClientCommandLine.RunAsync(rest, screen).GetAwaiter().GetResult(),
    "qos_core" => new CoreProgram().Run(rest, screen),
    "qos_host" => new HostProgram().Run(rest, screen),
    "qos_bridge" => new BridgeProgram().Run(rest, screen),
    SimulatorCompanion.StartWord => SimulatorCompanion.RunStarter(rest),
    SimulatorCompanion.WatchWord => SimulatorCompanion.RunWatcher(rest),
    _ => CalledName.Refuse(name, screen),
};
