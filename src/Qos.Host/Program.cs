using System.CommandLine;
using Qos.Host;
using Qos.Transport;

// Exit status: 0 stopped as asked, 1 could not run, 2 wrong command line.
var command = new HostCommand(HostServer.RunAsync);
ParseResult parsed = command.Parse(args);
if (parsed.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync($"qos-host: {parsed.Errors[0].Message} (qos-host --help lists the options)").ConfigureAwait(false);
    return 2;
}

try
{
    // The host itself stops on SIGTERM and drains; nothing may cut that short.
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
        .ConfigureAwait(false);
}
catch (Exception e) when (e is TransportException or IOException or System.Net.Sockets.SocketException)
{
    await Console.Error.WriteLineAsync($"qos-host: {e.Message}").ConfigureAwait(false);
    return e is TransportException { Error: TransportError.BadAddress } ? 2 : 1;
}
