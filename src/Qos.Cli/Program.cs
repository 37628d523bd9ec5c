using Qos.Cli;
using Qos.Keys;

// Before any key is read: an operator's machine collects core files as every machine does.
ProcessMemory.Protect();
return await CommandLine.RunAsync(args, Terminal.OfProcess()).ConfigureAwait(false);
