using System.CommandLine;
using System.CommandLine.Parsing;
using Qos.Arguments;
using Qos.Client;
using Qos.Control;
using Qos.Fleet.Storage;
using Qos.Keys;

StandardStreams.Prepare(mayLoseOutput: false);

// Before the service's key is read.
ProcessMemory.Protect();
var arguments = CommandArguments.Read(ControlCommand.Make(), args);
if (arguments.Mistake is { } mistake)
{
    string asked = "qos-control";
    for (CommandResult? command = arguments.Parsed.CommandResult; command?.Command is not RootCommand and not null; command = command.Parent as CommandResult)
        asked = asked.Insert("qos-control".Length, $" {command.Command.Name}");
    return StandardStreams.Complain("qos-control", $"{mistake} (see {asked} --help)", 2);
}

try
{
    return await arguments.Parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
}
catch (Exception e) when (e is ControlException or StorageException or CeremonyException)
{
    return StandardStreams.Complain("qos-control", e.Message, 1);
}
catch (IOException e)
{
    // What a command prints goes to a full disk, for one.
    return StandardStreams.Complain("qos-control", $"reading or writing failed: {e.Message}", 1);
}
