using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client verify-genesis</c></summary>
internal sealed class VerifyGenesisCommand : ClientCommand
{
    private readonly Option<string> _folder = Standard.Required("namespace-dir", "Folder of the genesis.");
    private readonly SeedOption _seed = new("The recovered seed, as a secret file.", "qos genesis verify");

    public VerifyGenesisCommand()
        : base("verify-genesis", "Verify that a recovered seed is the quorum key of a genesis.") =>
        Take(_folder, _seed.Option);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using KeySet seed = _seed.Read(parsed);
        GenesisCeremony.VerifySeed(GenesisCeremony.ReadOutput(parsed.GetValue(_folder)!), seed);
        screen.Output.WriteLine("Quorum key hash is correct");
        screen.Output.WriteLine("Quorum key signature over test message successfully verifies");
        screen.Output.WriteLine("Quorum key signature over test message was deterministically reproduced");
        screen.Output.WriteLine("Successfully decrypted test message ciphertext");
        screen.Output.WriteLine("verify-genesis successful");
        return Task.CompletedTask;
    }
}
