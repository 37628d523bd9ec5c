using Qos.Cli;
using Qos.Keys;

// Before any key is read: an operator's machine collects core files as every machine does.
ProcessMemory.Protect();
if (Processor.Unsupported is { } missing)
{
    await Console.Error.WriteLineAsync($"qos: {missing}").ConfigureAwait(false);
    return 1;
}

return await CommandLine.RunAsync(args, Terminal.OfProcess()).ConfigureAwait(false);
