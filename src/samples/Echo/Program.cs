using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Qos.App;
using Qos.Sample.Echo;

if (EchoOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(EchoOptions.Usage);
    return 2;
}

try
{
    using QosApp app = QosApp.FromEnclaveFiles(options.QosDirectory);
    using Socket listener = HttpServer.Bind(options.Port);

    // The enclave passes SIGTERM on; an app that ends by itself then ends cleanly.
    using CancellationTokenSource stop = new();
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"echo: listening on {(IPEndPoint)listener.LocalEndPoint!}"));
    await new HttpServer(new EchoRoutes(app, TimeProvider.System).Answer).RunAsync(listener, stop.Token);
    return 0;

    void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
catch (QosAppException refused)
{
    Console.Error.WriteLine($"echo: {refused.Message}");
    return 1;
}
catch (SocketException failure)
{
    Console.Error.WriteLine($"echo: cannot listen on 127.0.0.1:{options.Port}: {failure.Message}");
    return 1;
}
