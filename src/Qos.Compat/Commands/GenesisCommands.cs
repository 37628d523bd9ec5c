using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client boot-genesis</c></summary>
internal sealed class BootGenesisCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _folder = Standard.Required("namespace-dir", "Folder that the genesis is written to.");
    private readonly Option<string> _shareSet = Standard.Required("share-set-dir", "Folder with the keys of the share set.");
    private readonly ReleaseOptions _release = new();
    private readonly TrustOptions _trust = new();
    private readonly Option<string?> _recovery = Standard.Optional("dr-key-path", "Public key of disaster recovery.");

    public BootGenesisCommand()
        : base("boot-genesis", "Make a quorum key in an enclave and hand out its shares.") =>
        Take([.. _node.All, _folder, _shareSet, _release.Folder, _release.Pcr3Preimage, .. _trust.All, _recovery]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_folder)!;
        string artifacts = Path.Combine(folder, GenesisCeremony.RecoveryFileName);
        OutputFile.RequireFree(artifacts);
        MemberSet set = SetOptions.Read(parsed, _shareSet);
        PublicKey? recovery = parsed.GetValue(_recovery) is { } path ? KeySource.ReadPublic(path) : null;
        AttestationPolicy policy = _trust.Policy(parsed, () => _release.Pcrs(parsed), screen);
        using NodeClient node = _node.Open(parsed);
        (GenesisOutput output, _) = await GenesisCeremony.RunAsync(node, set, recovery, policy, folder, cancellationToken);

        OutputFile.Write(artifacts, Encoding.ASCII.GetBytes(GenesisCeremony.RecoveryArtifacts(output)));
        screen.Wrote("Genesis DR Artifacts", artifacts);
        screen.Wrote("COSE Sign1 Attestation Doc", Path.Combine(folder, GenesisCeremony.DocumentFileName));
        screen.Wrote("`GenesisOutput`", Path.Combine(folder, GenesisCeremony.OutputFileName));
        screen.Wrote(GenesisCeremony.QuorumKeyFileName, Path.Combine(folder, GenesisCeremony.QuorumKeyFileName));
        if (output.DrKeyWrappedQuorumKey is not null)
            screen.Wrote("DR Wrapped Quorum Key", Path.Combine(folder, GenesisCeremony.WrappedKeyFileName));
    }
}

/// <summary><c>qos_client after-genesis</c></summary>
internal sealed class AfterGenesisCommand : ClientCommand
{
    private readonly MemberKeyOptions _key = new();
    private readonly Option<string> _share = Standard.Required("share-path", "The share, as it came: encrypted to the member. Never over another.");
    private readonly Option<string> _alias = Standard.Required("alias", "The member's alias.");
    private readonly Option<string> _folder = Standard.Required("namespace-dir", "Folder of the genesis.");
    private readonly ReleaseOptions _release = new();
    private readonly TrustOptions _trust = new();

    public AfterGenesisCommand()
        : base("after-genesis", "Verify a genesis and take the own share out of it.") =>
        Take([.. _key.All, _share, _alias, _folder, _release.Folder, _release.Pcr3Preimage, .. _trust.All, _trust.Time]);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_share)!;
        using IKeyPair key = _key.Open(parsed, screen);
        AttestationPolicy policy = _trust.Policy(parsed, () => _release.Pcrs(parsed), screen);
        GenesisOutput output = GenesisCeremony.Read(parsed.GetValue(_folder)!, policy);
        OutputFile.Write(path, GenesisCeremony.Accept(output, parsed.GetValue(_alias)!, key).Span);
        screen.Wrote("Encrypted Quorum Share", path);
        return Task.CompletedTask;
    }
}

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
