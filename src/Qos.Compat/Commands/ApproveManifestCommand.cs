using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client approve-manifest</c></summary>
internal sealed class ApproveManifestCommand : ClientCommand
{
    private readonly MemberKeyOptions _key = new();
    private readonly Option<string> _manifest = Standard.Required("manifest-path", "The manifest.");
    private readonly Option<string> _folder = Standard.Required("manifest-approvals-dir", "Folder of the approval.");
    private readonly ReleaseOptions _release = new();
    private readonly Option<string> _pivotHash = Standard.Required("pivot-hash-path", "File with the binary's SHA-256 in hex.");
    private readonly Option<string> _alias = Standard.Required("alias", "The member's alias.");
    private readonly Option<string> _quorumKey = Standard.Required("quorum-key-path", "The quorum key, from the genesis.");
    private readonly SetOptions _sets = new();
    private readonly Option<bool> _yes = Standard.Flag("unsafe-auto-confirm", "NEVER IN PRODUCTION: say yes to every question.");
    private readonly TrustOptions _trust = new();

    public ApproveManifestCommand()
        : base("approve-manifest", "Review a manifest against the own files, and sign its hash.") =>
        Take([
            .. _key.All, _manifest, _folder, _release.Folder, _release.Pcr3Preimage, _pivotHash, _alias, _quorumKey, _sets.ManifestSet, _sets.ShareSet,
            _sets.PatchSet, _yes, _trust.Root,
        ]);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_manifest)!);
        if (Expectation(parsed, manifest.Version).FirstDifference(manifest) is { } difference)
            throw Refuse(screen, difference);
        string alias = parsed.GetValue(_alias)!;
        ManifestApproval.RequireMember(manifest, alias, _key.PublicKey(parsed, screen));
        Review.Warn(manifest, screen);
        if (!parsed.GetValue(_yes) && !Review.Questions(manifest).All(screen.Confirm))
            throw Refuse(screen, "The answer was not yes");

        using IKeyPair key = _key.Open(parsed, screen);
        string path = Path.Combine(parsed.GetValue(_folder)!, ManifestApproval.FileName(manifest, alias));
        OutputFile.Write(path, ApprovalFormat.Write(ManifestApproval.Sign(manifest, alias, key)), overwrite: true);
        screen.Wrote("Manifest Approval", path);
        return Task.CompletedTask;
    }

    private static CeremonyException Refuse(Screen screen, string why)
    {
        screen.Error.WriteLine(why);
        return new CeremonyException("Exiting early without approving manifest");
    }

    private ManifestExpectation Expectation(ParseResult parsed, ManifestVersion version)
    {
        Dictionary<int, byte[]> pcrs = _release.Pcrs(parsed);
        return new ManifestExpectation
        {
            ManifestSet = SetOptions.Read(parsed, _sets.ManifestSet),
            ShareSet = SetOptions.Read(parsed, _sets.ShareSet),
            PatchSet = _sets.ReadPatchSet(parsed, version),
            Enclave = new EnclaveConfig
            {
                Pcr0 = pcrs[0],
                Pcr1 = pcrs[1],
                Pcr2 = pcrs[2],
                Pcr3 = pcrs[3],
                AwsRootCertificate = _trust.RootDer(parsed) ?? AwsRoot.Der.ToArray(),
                QosCommit = "",
            },
            PivotHash = PivotFile.ReadHash(parsed.GetValue(_pivotHash)!),
            QuorumKey = KeySource.ReadPublic(parsed.GetValue(_quorumKey)!),
        };
    }
}
