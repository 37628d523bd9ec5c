using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Qos.Client;
using Qos.Eif;

namespace Qos.Cli;

/// <summary><c>qos eif sign</c></summary>
internal sealed class EifSignCommand : QosCommand
{
    private readonly Argument<string> _file = EifOptions.Image();
    private readonly Option<string> _certificate = StandardOptions.Input("--certificate", "The signing certificate, PEM; PCR8 will name it.");
    private readonly Option<string> _key = StandardOptions.Input("--key", "Its private key on P-384, PEM, not under a passphrase.");
    private readonly Option<string> _out = StandardOptions.Output("Write the signed image to this file.");
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly Option<bool> _json = EifOptions.Json();

    public EifSignCommand()
        : base(
            "sign",
            "Sign an image, so that PCR8 names the signer; PCR0, PCR1 and PCR2 stay what they are.",
            "qos eif sign qos.eif --certificate signer.pem --key signer.key --out qos-signed.eif") =>
        Take(_file, _certificate, _key, _out, _force, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        bool force = parsed.GetValue(_force);
        OutputFile.RequireFile(path, force);
        byte[] certificate = InputFile.Bytes(parsed.GetValue(_certificate)!);
        string keyPath = parsed.GetValue(_key)!;
        if (KeyFileFormat.IsExposed(keyPath))
            terminal.Warn($"{keyPath} can be read by others than its owner; chmod 600 it");
        using ECDsa key = ReadKey(keyPath);
        var image = EifPartSource.FromFile(parsed.GetValue(_file)!);
        OutputFile.Write(path, output => EifSigner.Sign(image, output, certificate, key), force);
        EifCertificate signer = ImageFile.Report(terminal, path, parsed.GetValue(_json)).Signature!.Certificate;
        if (DateTimeOffset.UtcNow < signer.NotBefore || DateTimeOffset.UtcNow > signer.NotAfter)
            terminal.Warn($"the certificate is valid from {signer.NotBefore:u} to {signer.NotAfter:u}: AWS starts no image outside of that time");
        return Task.CompletedTask;
    }

    private static ECDsa ReadKey(string path)
    {
        byte[] pem = InputFile.Bytes(path);
        char[] text = new char[pem.Length];
        var key = ECDsa.Create();
        try
        {
            Encoding.Latin1.GetChars(pem, text);
            key.ImportFromPem(text);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new EifException($"{path} holds no private key on an elliptic curve that can be read: a PEM block PRIVATE KEY or EC PRIVATE KEY is needed.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            Array.Clear(text);
        }
    }
}
