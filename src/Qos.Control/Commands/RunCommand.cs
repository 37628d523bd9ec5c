using System.CommandLine;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary><c>qos-control run</c></summary>
internal static class RunCommand
{
    public static Command Make()
    {
        Option<string> settings = ControlCommand.Settings();
        var command = new Command("run", "Run the service until SIGTERM or SIGINT. Replicas run on without it.") { settings };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(settings)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, CancellationToken cancellationToken)
    {
        ControlSettings settings = ControlSettings.Read(path);
        FleetDatabase database = await FleetDatabase.OpenAsync(settings.Database, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (database.ConfigureAwait(false))
        {
            WebApplication app = ControlServer.Build(settings, database);
            await using (app.ConfigureAwait(false))
            {
                try
                {
                    await app.StartAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (IOException e)
                {
                    throw new ControlException(e.Message, e);
                }

                await Console.Out.WriteLineAsync($"qos-control: API at {settings.Listen}, apps at {settings.Ingress.Listen}").ConfigureAwait(false);
                await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return 0;
    }
}
