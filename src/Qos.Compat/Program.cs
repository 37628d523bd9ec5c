using Qos.Compat;

// Synchronous to the end: what becomes another program (exec) must do so on the process's first thread.
var screen = new Screen(Console.In, Console.Out, Console.Error);
(string name, string[] rest) = CalledName.Split(CalledName.OfProcess(), args);
return name switch
{
    "qos_client" => ClientCommandLine.RunAsync(rest, screen).GetAwaiter().GetResult(),
    "qos_core" => new CoreProgram().Run(rest, screen),
    "qos_host" => new HostProgram().Run(rest, screen),
    "qos_bridge" => new BridgeProgram().Run(rest, screen),
    BoundChild.Word => BoundChild.Become(rest, screen),
    _ => CalledName.Refuse(name, screen),
};
