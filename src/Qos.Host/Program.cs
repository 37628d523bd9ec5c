using System.CommandLine;
using Qos.Arguments;
using Qos.Host;
using Qos.Native;
using Qos.Transport;
using Tmds.Linux;

// Exit status: 0 stopped as asked, 1 could not run, 2 wrong command line.
// A log that was closed must not become the number of a connection, into which its lines would then go.
int spare;
do
    spare = LibC.openat(LibC.AT_FDCWD, "/dev/null", LibC.O_RDWR, 0);
while (spare is >= 0 and <= 2);
if (spare > 2)
    _ = LibC.close(spare);

// Read by the framework when it makes its first socket: what waits for bytes goes on, on the thread that the kernel woke, without a second thread.
// Nothing here blocks such a thread; under load it is half the work of a request.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var command = new HostCommand(HostServer.RunAsync);
var arguments = CommandArguments.Read(command, command.WithEnvironment(args, Environment.GetEnvironmentVariable));
if (arguments.Mistake is { } mistake)
    return Complain($"{mistake} (qos-host --help lists the options)", 2);

try
{
    // The host itself stops on SIGTERM and drains; nothing may cut that short.
    return await arguments.Parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
        .ConfigureAwait(false);
}
catch (Exception e) when (e is TransportException or IOException or System.Net.Sockets.SocketException)
{
    return Complain(e.Message, e is TransportException { Error: TransportError.BadAddress } ? 2 : 1);
}

static int Complain(string what, int status)
{
    try
    {
        Console.Error.WriteLine($"qos-host: {what}");
    }
    catch (IOException)
    {
        // A full or closed log changes nothing.
    }

    return status;
}
