using System.CommandLine;
using Qos.Arguments;
using Qos.Host;
using Qos.Transport;

// Exit status: 0 stopped as asked, 1 could not run, 2 wrong command line.
StandardStreams.Prepare(mayLoseOutput: true);

// Read by the framework when it makes its first socket: what waits for bytes goes on, on the thread that the kernel woke, without a second thread.
// Nothing here blocks such a thread; under load it is half the work of a request.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var command = new HostCommand(HostServer.RunAsync);
var arguments = CommandArguments.Read(command, command.WithEnvironment(args, Environment.GetEnvironmentVariable));
if (arguments.Mistake is { } mistake)
    return StandardStreams.Complain("qos-host", $"{mistake} (qos-host --help lists the options)", 2);

try
{
    // The host itself stops on SIGTERM and drains; nothing may cut that short.
    return await arguments.Parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
        .ConfigureAwait(false);
}
catch (Exception e) when (e is TransportException or IOException or System.Net.Sockets.SocketException)
{
    return StandardStreams.Complain("qos-host", e.Message, e is TransportException { Error: TransportError.BadAddress } ? 2 : 1);
}
