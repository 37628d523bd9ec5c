using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Tokens;

namespace Qos.Cli;

/// <summary>A member's own key: the secret file or the key in a token, and where its passphrase or PIN comes from.</summary>
internal sealed class SecretOptions
{
    // A person mistypes; a descriptor gives what it holds once.
    private const int Tries = 3;

    private readonly Func<ParseResult, string> _path;

    /// <summary>With the file as the option <c>--secret</c>.</summary>
    public SecretOptions()
    {
        var option = new SettingOption(ProfileSetting.Secret, isNeeded: true);
        Secret = option;
        _path = option.Require;
    }

    /// <summary>With the file as an argument.</summary>
    public SecretOptions(Argument<string> file)
    {
        Secret = file;
        _path = parsed => parsed.GetValue(file)!;
    }

    /// <summary>The file.</summary>
    public Symbol Secret { get; }

    /// <summary>The descriptor that a script hands the passphrase over through.</summary>
    public Option<int?> PassphraseDescriptorNumber { get; } =
        StandardOptions.Descriptor("Read the passphrase of a protected key from this open file descriptor.");

    /// <summary>The descriptor that a script hands a token's PIN over through.</summary>
    public Option<int?> PinDescriptorNumber { get; } = StandardOptions.PinDescriptor();

    /// <summary>The public key, for which neither passphrase nor PIN is needed.</summary>
    public PublicKey PublicKey(ParseResult parsed) => KeySource.ReadPublicOf(_path(parsed));

    /// <summary>The whole key; the caller disposes of it.</summary>
    public IKeyPair Open(ParseResult parsed, Terminal terminal)
    {
        string path = _path(parsed);
        bool isAsked = false;
        IKeyPair key = KeySource.Open(
            path,
            () =>
            {
                if (isAsked)
                    terminal.Warn("the passphrase is wrong; once more");
                isAsked = true;
                return Passphrase(parsed, terminal, path);
            },
            TokenPin.Asker(parsed, PinDescriptorNumber, terminal),
            parsed.GetValue(PassphraseDescriptorNumber) is null ? Tries : 1);
        if (!TokenUri.IsTokenUri(path) && KeyFileFormat.IsExposed(path))
            terminal.Warn($"{path} can be read by others than its owner; chmod 600 it");
        return key;
    }

    private SecretMemory Passphrase(ParseResult parsed, Terminal terminal, string path) =>
        parsed.GetValue(PassphraseDescriptorNumber) is { } descriptor
            ? PassphraseDescriptor.Read(descriptor)
            : terminal.AskPassphrase($"Passphrase of {Protocol.VisibleText.Escape(path)}");
}
