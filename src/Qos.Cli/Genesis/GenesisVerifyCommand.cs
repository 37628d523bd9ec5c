using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos genesis verify</c></summary>
internal sealed class GenesisVerifyCommand : QosCommand
{
    private readonly Option<string> _folder = new("--dir") { Description = "The folder that 'genesis run' wrote.", HelpName = "DIR", Required = true };
    private readonly Option<string> _seed = StandardOptions.Input("--seed", "The recovered seed, as a secret key file.");

    private readonly Option<int?> _passphraseDescriptor =
        StandardOptions.Descriptor("Read the passphrase of a protected seed from this open file descriptor.");

    public GenesisVerifyCommand()
        : base(
            "verify",
            "Check that a recovered seed is the quorum key of a genesis: key, hash, signature and ciphertext of the test message.",
            "qos genesis verify --dir genesis --seed recovered.secret") =>
        Take(_folder, _seed, _passphraseDescriptor);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        GenesisOutput output = GenesisCeremony.ReadOutput(parsed.GetValue(_folder)!);
        using KeySet seed = KeySource.ReadSecret(parsed.GetValue(_seed)!, () => parsed.GetValue(_passphraseDescriptor) is { } descriptor
            ? PassphraseDescriptor.Read(descriptor)
            : terminal.AskPassphrase("Passphrase of the seed"));
        GenesisCeremony.VerifySeed(output, seed);
        terminal.Page.Line("The seed is the quorum key of this genesis.", Tone.Good);
        terminal.Page.Field("quorum key", $"fingerprint {MemberSetDifference.Fingerprint(output.QuorumKey.Span)}");
        return Task.CompletedTask;
    }
}
