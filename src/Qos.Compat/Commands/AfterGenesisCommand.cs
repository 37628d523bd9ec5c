using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Compat;

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
