using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;
using Qos.Tokens;

namespace Qos.Compat;

/// <summary>
/// A member's own key: <c>--secret-path</c>, a file or the <c>pkcs11:</c> URI of a key in a token, whose passphrase or PIN comes from
/// <c>--current-pin-path</c>; or <c>--yubikey</c>, which we do otherwise.
/// </summary>
internal sealed class MemberKeyOptions
{
    private readonly Option<string?> _secret = Standard.Optional("secret-path", "The member's secret key file, or the pkcs11: URI of a key in a token.");
    private readonly Option<bool> _yubikey = Standard.Flag("yubikey", "Not taken: " + YubiKeyCommand.Instead);
    private readonly Option<string?> _pin = Standard.Optional("current-pin-path", "File whose first line is the token's PIN, or the secret file's passphrase; better a pipe than a file.");

    private IKeyPair? _opened;

    /// <summary>All three.</summary>
    public Option[] All => [_secret, _yubikey, _pin];

    /// <summary>The public key, for which no PIN is needed. Of a pipe the whole key is kept for <see cref="Open"/>, since it comes once.</summary>
    /// <exception cref="CeremonyException">No key is named.</exception>
    public PublicKey PublicKey(ParseResult parsed, Screen screen)
    {
        string place = PlaceOf(parsed);
        return TokenUri.IsTokenUri(place) || !KeySource.IsPipe(place) ? KeySource.ReadPublicOf(place) : (_opened = Open(parsed, screen)).PublicKey;
    }

    /// <summary>The whole key; the caller disposes of it.</summary>
    /// <exception cref="CeremonyException">No key is named, or the token asks for a PIN and none is given.</exception>
    public IKeyPair Open(ParseResult parsed, Screen screen)
    {
        if (_opened is { } opened)
            return opened;
        string place = PlaceOf(parsed);
        IKeyPair key = KeySource.Open(place, () => Passphrase(place, parsed.GetValue(_pin)), request => Pin(request, parsed.GetValue(_pin)));
        if (!TokenUri.IsTokenUri(place) && KeyFileFormat.IsExposed(place))
            screen.Warn($"{VisibleText.Escape(place)} can be read by others than its owner; chmod 600 it");
        return key;
    }

    private string PlaceOf(ParseResult parsed) => parsed.GetValue(_yubikey)
        ? throw new CeremonyException("--yubikey is not taken: " + YubiKeyCommand.Instead)
        : parsed.GetValue(_secret) ?? throw new CeremonyException("--secret-path is missing.");

    private static SecretMemory Pin(TokenPinRequest request, string? path)
    {
        string token = VisibleText.Escape(request.Token);
        if (path is null)
            throw new CeremonyException($"The token {token} asks for its PIN: give --current-pin-path.");
        if (request.IsLastTry)
            throw new CeremonyException($"The token {token} locks itself after one more wrong PIN, which no script should risk: use 'qos', which asks.");
        return FirstLine(path, "PIN");
    }

    private static SecretMemory Passphrase(string place, string? path) => path is null
        ? throw new CeremonyException($"{place} is under a passphrase: give --current-pin-path with a file or pipe that holds it, or use 'qos', which asks.")
        : FirstLine(path, "passphrase");

    private static SecretMemory FirstLine(string path, string what)
    {
        using SecretMemory content = SecretFile.Read(path);
        ReadOnlySpan<byte> line = content.Span;
        int end = line.IndexOf((byte)'\n');
        line = (end < 0 ? line : line[..end]).TrimEnd((byte)'\r');
        return line.IsEmpty ? throw new CeremonyException($"{path} holds no {what}.") : SecretMemory.CopyOf(line);
    }
}
