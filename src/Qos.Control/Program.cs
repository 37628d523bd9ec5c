using System.CommandLine;
using System.CommandLine.Parsing;
using Qos.Control;
using Qos.Fleet.Storage;
using Qos.Keys;

// Before the service's key is read.
ProcessMemory.Protect();
ParseResult parsed = ControlCommand.Make().Parse(args);
if (parsed.Errors.Count > 0)
{
    string asked = "qos-control";
    for (CommandResult? command = parsed.CommandResult; command?.Command is not RootCommand and not null; command = command.Parent as CommandResult)
        asked = asked.Insert("qos-control".Length, $" {command.Command.Name}");
    await Console.Error.WriteLineAsync($"qos-control: {parsed.Errors[0].Message} (see {asked} --help)").ConfigureAwait(false);
    return 2;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
}
catch (Exception e) when (e is ControlException or StorageException)
{
    await Console.Error.WriteLineAsync($"qos-control: {e.Message}").ConfigureAwait(false);
    return 1;
}
