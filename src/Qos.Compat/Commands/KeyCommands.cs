using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client generate-file-key</c></summary>
internal sealed class GenerateFileKeyCommand : ClientCommand
{
    private readonly Option<string> _seed = Standard.Required("master-seed-path", "The secret file; never over another.");
    private readonly Option<string> _public = Standard.Required("pub-path", "The public key file.");

    public GenerateFileKeyCommand()
        : base("generate-file-key", "Make a key: a secret file and a public file.") =>
        Take(_seed, _public);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string seed = parsed.GetValue(_seed)!;
        string @public = parsed.GetValue(_public)!;
        OutputFile.RequireFree(seed);
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        KeySource.WriteNew(seed, key, passphrase: null);
        screen.Wrote("Master Seed", seed);
        OutputFile.Write(@public, Encoding.ASCII.GetBytes(key.PublicKey.ToHex()), overwrite: true);
        screen.Wrote("File Key Public", @public);
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client p256-sign</c></summary>
internal sealed class P256SignCommand : ClientCommand
{
    private readonly Option<string> _payload = Standard.Required("payload-path", "What to sign.");
    private readonly Option<string> _signature = Standard.Required("signature-path", "The signature in hex, which is written.");
    private readonly SeedOption _seed = new("The secret file.", "qos key sign");

    public P256SignCommand()
        : base("p256-sign", "Sign a file.") =>
        Take(_payload, _signature, _seed.Option);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using KeySet key = _seed.Read(parsed);
        string signature = Convert.ToHexStringLower(key.Sign(InputFile.Bytes(parsed.GetValue(_payload)!)));
        OutputFile.Write(parsed.GetValue(_signature)!, Encoding.ASCII.GetBytes(signature), overwrite: true);
        screen.Wrote("p256 signature", parsed.GetValue(_signature)!);
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client p256-verify</c></summary>
internal sealed class P256VerifyCommand : ClientCommand
{
    private readonly Option<string> _payload = Standard.Required("payload-path", "What was signed.");
    private readonly Option<string> _signature = Standard.Required("signature-path", "The signature in hex.");
    private readonly Option<string> _public = Standard.Required("pub-path", "The signer's public key file.");

    public P256VerifyCommand()
        : base("p256-verify", "Verify a signature over a file.") =>
        Take(_payload, _signature, _public);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        byte[] signature = InputFile.Hexadecimal(parsed.GetValue(_signature)!, PublicKey.SignatureSize, "a signature");
        if (!KeySource.ReadPublic(parsed.GetValue(_public)!).Verify(InputFile.Bytes(parsed.GetValue(_payload)!), signature))
            throw new CeremonyException("Signature not valid");
        screen.Output.WriteLine("Valid signature!");
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client p256-asymmetric-encrypt</c></summary>
internal sealed class P256AsymmetricEncryptCommand : ClientCommand
{
    private readonly Option<string> _plaintext = Standard.Required("plaintext-path", "What to encrypt.");
    private readonly Option<string> _ciphertext = Standard.Required("ciphertext-path", "The envelope, which is written.");
    private readonly Option<string> _public = Standard.Required("pub-path", "The receiver's public key file.");

    public P256AsymmetricEncryptCommand()
        : base("p256-asymmetric-encrypt", "Encrypt a file to a public key.") =>
        Take(_plaintext, _ciphertext, _public);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        PublicKey receiver = KeySource.ReadPublic(parsed.GetValue(_public)!);
        using SecretMemory plaintext = SecretFile.Read(parsed.GetValue(_plaintext)!);
        OutputFile.Write(parsed.GetValue(_ciphertext)!, receiver.Encrypt(plaintext.Span, SystemRandomSource.Instance), overwrite: true);
        screen.Wrote("Ciphertext", parsed.GetValue(_ciphertext)!);
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client p256-asymmetric-decrypt</c></summary>
internal sealed class P256AsymmetricDecryptCommand : ClientCommand
{
    private readonly Option<string> _plaintext = Standard.Required("plaintext-path", "What was in it; for its owner alone, never over another file.");
    private readonly Option<string> _ciphertext = Standard.Required("ciphertext-path", "The envelope.");
    private readonly SeedOption _seed = new("The secret file.", "qos key decrypt");
    private readonly Option<bool> _hex = Standard.Flag("output-hex", "Write it as hex.");

    public P256AsymmetricDecryptCommand()
        : base("p256-asymmetric-decrypt", "Open what was encrypted to a key.") =>
        Take(_plaintext, _ciphertext, _seed.Option, _hex);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_plaintext)!;
        OutputFile.RequireFree(path);
        using KeySet key = _seed.Read(parsed);
        using SecretMemory plaintext = key.Decrypt(InputFile.Bytes(parsed.GetValue(_ciphertext)!));
        if (parsed.GetValue(_hex))
            SecretFile.WriteHex(path, plaintext);
        else
            SecretFile.Write(path, plaintext);
        screen.Wrote("Plaintext", path);
        return Task.CompletedTask;
    }
}

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
