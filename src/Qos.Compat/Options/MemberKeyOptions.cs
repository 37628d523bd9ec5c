using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>A member's own key: <c>--secret-path</c>, or <c>--yubikey</c>, which we do otherwise.</summary>
internal sealed class MemberKeyOptions
{
    private readonly Option<string?> _secret = Standard.Optional("secret-path", "Path of the member's secret key file.");
    private readonly Option<bool> _yubikey = Standard.Flag("yubikey", "Not taken: " + YubiKeyCommand.Instead);

    /// <summary>Both.</summary>
    public Option[] All => [_secret, _yubikey];

    /// <summary>The secret file.</summary>
    /// <exception cref="CeremonyException">None is named.</exception>
    public string PathOf(ParseResult parsed) => parsed.GetValue(_yubikey)
        ? throw new CeremonyException("--yubikey is not taken: " + YubiKeyCommand.Instead)
        : parsed.GetValue(_secret) ?? throw new CeremonyException("--secret-path is missing.");

    /// <summary>The whole key; the caller disposes of it.</summary>
    public KeySet Open(ParseResult parsed, Screen screen)
    {
        string path = PathOf(parsed);
        KeySet key = KeyFile.ReadSecret(path);
        if (KeyFiles.IsExposed(path))
            screen.Warn($"{VisibleText.Escape(path)} can be read by others than its owner; chmod 600 it");
        return key;
    }
}
