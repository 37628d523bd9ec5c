using System.Net;
using Microsoft.Data.Sqlite;
using Qos.Sample.PolicyStore;

if (args is not [var file, var address] || !IPEndPoint.TryParse(address, out IPEndPoint? listen))
{
    Console.Error.WriteLine("usage: qos-sample-policy-store FILE ADDRESS:PORT");
    return 2;
}

try
{
    await using WebApplication server = StoreServer.Build(new RecordTable(file), listen);
    await server.StartAsync();
    Console.WriteLine($"policy-store: {file} on {server.Urls.Single()}");
    await server.WaitForShutdownAsync();
    return 0;
}
catch (Exception refused) when (refused is IOException or SqliteException)
{
    Console.Error.WriteLine($"policy-store: {refused.Message}");
    return 1;
}
