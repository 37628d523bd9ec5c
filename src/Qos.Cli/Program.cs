using Qos.Arguments;
using Qos.Cli;
using Qos.Keys;

StandardStreams.Prepare(mayLoseOutput: false);

// Before any key is read: an operator's machine collects core files as every machine does.
ProcessMemory.Protect();
if (Processor.Unsupported is { } missing)
{
    return StandardStreams.Complain("qos", missing, 1);
}

return await CommandLine.RunAsync(args, Terminal.OfProcess()).ConfigureAwait(false);
