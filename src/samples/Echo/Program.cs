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
    await using WebApplication server = EchoServer.Build(app, options.Port, TimeProvider.System);
    await server.StartAsync();
    Console.WriteLine($"echo: listening on {server.Urls.Single()}");

    // The enclave passes SIGTERM on; the host ends by it, after the requests that are under way.
    await server.WaitForShutdownAsync();
    return 0;
}
catch (Exception refused) when (refused is QosAppException or IOException)
{
    Console.Error.WriteLine($"echo: {refused.Message}");
    return 1;
}
