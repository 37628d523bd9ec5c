using Qos.App;
using Qos.Sample.Policy;

if (PolicyOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(PolicyOptions.Usage);
    return 2;
}

try
{
    using QosApp app = QosApp.FromEnclaveFiles(options.QosDirectory);
    using HttpRecordStore store = new(new Uri($"http://127.0.0.1:{options.StorePort}/"));
    using PolicyEngine engine = new(app, store, options.Owner, TimeProvider.System);
    await using WebApplication server = PolicyServer.Build(engine, options.Port);
    await server.StartAsync();
    Console.WriteLine($"policy: listening on {server.Urls.Single()}");
    await server.WaitForShutdownAsync();
    return 0;
}
catch (Exception refused) when (refused is QosAppException or IOException)
{
    Console.Error.WriteLine($"policy: {refused.Message}");
    return 1;
}
