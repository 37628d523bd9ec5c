using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary><c>qos-control key</c>: who may use the API.</summary>
internal static class KeyCommand
{
    public static Command Make() => new("key", "Keys that may use the API.") { Add(), List(), Remove() };

    /// <summary>Makes a key and writes its file for its owner alone.</summary>
    public static ApiKeyBody Write(string path, string organizationId)
    {
        ApiKeyBody key = ApiKeyFile.Make(organizationId);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(key, ApiJson.Default.ApiKeyBody);
        try
        {
            OutputFile.Write(path, json, ownerOnly: true);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    private static Command Add()
    {
        Option<string> settings = ControlCommand.Settings();
        var name = new Argument<string>("NAME") { Description = "The user's name." };
        var publicKey = new Option<string?>("--public-key") { Description = "A key that its owner made: 66 hex digits. Default: one is made here.", HelpName = "HEX" };
        var output = new Option<string?>("--out") { Description = "The file of a key that is made here. Default: NAME.apikey.", HelpName = "FILE" };
        var command = new Command("add", "Let a key use the API, for the service's organization.") { name, publicKey, output, settings };
        command.SetAction((parsed, cancellationToken) => WithDatabaseAsync(parsed.GetValue(settings)!, async database =>
        {
            string who = parsed.GetValue(name)!;
            (string organization, _) = (await database.OrganizationsAsync(cancellationToken).ConfigureAwait(false))[0];
            string key = parsed.GetValue(publicKey)?.ToLowerInvariant() ?? Write(parsed.GetValue(output) ?? who + ".apikey", organization).PublicKey;
            try
            {
                ApiStamp.Import(key).Dispose();
            }
            catch (FormatException e)
            {
                throw new ControlException($"--public-key: {e.Message}.", e);
            }

            if (!await database.AddKeyAsync(key, organization, Guid.CreateVersion7().ToString(), who, cancellationToken).ConfigureAwait(false))
                throw new ControlException($"The key {key} is, or was, known already.");
            await Console.Out.WriteLineAsync($"{key} {who} {organization}").ConfigureAwait(false);
        }, cancellationToken));
        return command;
    }

    private static Command List()
    {
        Option<string> settings = ControlCommand.Settings();
        var command = new Command("list", "Show the keys that may use the API.") { settings };
        command.SetAction((parsed, cancellationToken) => WithDatabaseAsync(parsed.GetValue(settings)!, async database =>
        {
            foreach (ApiKeyRecord key in await database.KeysAsync(cancellationToken).ConfigureAwait(false))
                await Console.Out.WriteLineAsync($"{key.PublicKey} {Protocol.VisibleText.Escape(key.UserName)} {key.OrganizationId} {key.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}").ConfigureAwait(false);
        }, cancellationToken));
        return command;
    }

    private static Command Remove()
    {
        Option<string> settings = ControlCommand.Settings();
        var publicKey = new Argument<string>("KEY") { Description = "The key, 66 hex digits." };
        var command = new Command("remove", "Take a key's right away, at once.") { publicKey, settings };
        command.SetAction((parsed, cancellationToken) => WithDatabaseAsync(parsed.GetValue(settings)!, async database =>
        {
            if (!await database.RemoveKeyAsync(parsed.GetValue(publicKey)!.ToLowerInvariant(), cancellationToken).ConfigureAwait(false))
                throw new ControlException("There is no such key.");
        }, cancellationToken));
        return command;
    }

    private static async Task<int> WithDatabaseAsync(string settings, Func<FleetDatabase, Task> act, CancellationToken cancellationToken)
    {
        FleetDatabase database = await FleetDatabase.OpenAsync(ControlSettings.Read(settings).Database, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (database.ConfigureAwait(false))
            await act(database).ConfigureAwait(false);
        return 0;
    }
}
