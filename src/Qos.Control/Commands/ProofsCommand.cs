using System.CommandLine;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary><c>qos-control proofs verify</c></summary>
internal static class ProofsCommand
{
    public static Command Make()
    {
        Option<string> settings = ControlCommand.Settings();
        var verify = new Command("verify", "Read the chain of boot proofs from its first record, and say whether each follows from the one before. Keep the last hash: whoever changes the past later cannot reach it.") { settings };
        verify.SetAction(async (parsed, cancellationToken) =>
        {
            FleetDatabase database = await FleetDatabase.OpenAsync(ControlSettings.Read(parsed.GetValue(settings)!).Database, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await using (database.ConfigureAwait(false))
            {
                ChainReport report = await database.VerifyChainAsync(new Progress<long>(static count => Console.Error.WriteLine($"{count} records hold")), cancellationToken).ConfigureAwait(false);
                if (report.Fault is { } fault)
                    throw new ControlException($"The chain of boot proofs is broken: {fault}.");
                await Console.Out.WriteLineAsync($"{report.Records} records, {report.Head}").ConfigureAwait(false);
                return 0;
            }
        });
        return new Command("proofs", "The boot proofs.") { verify };
    }
}
