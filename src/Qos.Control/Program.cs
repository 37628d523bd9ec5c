using System.CommandLine;
using Qos.Control;
using Qos.Fleet.Storage;
using Qos.Keys;

// Before the service's key is read.
ProcessMemory.Protect();
try
{
    return await ControlCommand.Make().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
}
catch (Exception e) when (e is ControlException or StorageException)
{
    await Console.Error.WriteLineAsync($"qos-control: {e.Message}").ConfigureAwait(false);
    return 1;
}
