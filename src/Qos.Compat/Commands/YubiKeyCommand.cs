using System.CommandLine;
using Qos.Client;

namespace Qos.Compat;

/// <summary>A sub-command about YubiKeys, which we do otherwise: it takes the reference's options and says in one line what replaces it.</summary>
internal sealed class YubiKeyCommand : ClientCommand
{
    /// <summary>Where keys in hardware are.</summary>
    public const string Instead = "give the pkcs11: URI of a key in a YubiKey (module ykcs11) where a secret file goes, here and to 'qos'";

    private readonly string _replacement;

    private YubiKeyCommand(string name, string replacement, params ReadOnlySpan<string> options)
        : base(name, $"Not taken: {replacement}")
    {
        _replacement = replacement;
        foreach (string option in options)
            Take(Standard.Optional(option, "Taken and not used."));
    }

    /// <summary>All of them.</summary>
    public static IEnumerable<YubiKeyCommand> All() =>
    [
        new("provision-yubikey", "use 'qos key new --token'; " + Instead, "pub-path", "yubikey"),
        new("advanced-provision-yubikey", "use 'qos key import --token'; " + Instead, "master-seed-path", "current-pin-path"),
        new("yubikey-sign", "use 'qos key sign'; " + Instead, "payload"),
        new("yubikey-public", "use 'qos key show'; " + Instead),
        new("yubikey-piv-reset", "use 'ykman piv reset'"),
        new("yubikey-change-pin", "use 'ykman piv access change-pin'", "current-pin-path", "new-pin-path"),
    ];

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken) =>
        throw new CeremonyException($"{Name} is not done here: {_replacement}.");
}
