using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos genesis accept</c></summary>
internal sealed class GenesisAcceptCommand : QosCommand
{
    private readonly Option<string> _folder = new("--dir") { Description = "The folder that 'genesis run' wrote.", HelpName = "DIR", Required = true };
    private readonly SecretOptions _secret = new();
    private readonly Option<string> _alias = StandardOptions.Alias();
    private readonly Option<string> _out = StandardOptions.Output("Your share, encrypted to your key as it came.");
    private readonly TrustOptions _trust = new(requiresMeasurements: true);

    public GenesisAcceptCommand()
        : base(
            "accept",
            "Take your share: verify the genesis, decrypt the share, check its hash, keep it encrypted to your key.",
            "qos genesis accept --dir genesis --secret alice.secret --alias alice --out alice.share --pcrs aws-x86_64.pcrs") =>
        Take(
            _folder, _secret.Secret, _alias, _out, _trust.Root, _trust.Time, _trust.Pcrs, _trust.Pcr3, _trust.RoleArn, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path);
        GenesisOutput output = GenesisCeremony.Read(parsed.GetValue(_folder)!, _trust.Policy(parsed));
        using IKeyPair key = _secret.Open(parsed, terminal);
        ReadOnlyMemory<byte> share = GenesisCeremony.Accept(output, parsed.GetValue(_alias)!, key);
        OutputFile.Write(path, share.Span, ownerOnly: true);
        terminal.Page.Line("The genesis verifies; your share decrypts and has the attested hash.", Tone.Good);
        terminal.Page.Field("quorum key", Convert.ToHexStringLower(output.QuorumKey.Span));
        terminal.Page.Wrote(path, "your share, encrypted to your key");
        return Task.CompletedTask;
    }
}
