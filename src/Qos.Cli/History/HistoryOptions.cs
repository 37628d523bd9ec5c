using System.CommandLine;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>What an auditor holds: root, releases, the key, and who approves.</summary>
internal sealed class HistoryOptions
{
    private readonly SettingOption _root = new(ProfileSetting.Root);
    private readonly SettingOption _quorumKey = new(ProfileSetting.QuorumKey, description: "The quorum key whose history it must be.");
    private readonly SettingOption _manifestSet = new(ProfileSetting.ManifestSet, description: "Who may approve the first manifest.");

    private readonly Option<string[]> _pcrs = new("--pcrs")
    {
        Description = "Measurements of a release that you trust with keys; repeat it for several releases, one of which must match each document.",
        HelpName = "FILE",
        Required = true,
    };

    /// <summary>All of them.</summary>
    public Symbol[] All => [_pcrs, _root, _quorumKey, _manifestSet];

    /// <summary>Reads and checks a history: documents at their own time.</summary>
    public KeyHistory Read(ParseResult parsed, IReadOnlyList<string> paths)
    {
        AttestationPolicy policy = AttestationPolicy.From(new VerificationPolicy
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = TrustedMeasurements.AnyOf([.. parsed.GetValue(_pcrs)!.Select(Release)]),
            Time = ValidationTime.Document,
            TrustAnchor = _root.Read(parsed) is { } path ? TrustAnchorFile.Read(path) : AwsRoot.Der.ToArray(),
        });
        policy.RequireUsableRoot();
        return KeyHistory.Read(
            paths, policy,
            _quorumKey.Read(parsed) is { } key ? KeySource.ReadPublic(key) : null,
            _manifestSet.Read(parsed) is { } set ? MemberSetDirectory.Read(set) : null);
    }

    private static PcrProfile Release(string path)
    {
        PcrProfile release = PcrProfile.Read(path);
        TrustOptions.RequireImage(release.Pcrs, path);
        return release;
    }
}
