using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary>What a person holds about a reshare or a drill, and the measurements that the enclave must have. Nothing of it can be waived.</summary>
/// <param name="isDrill">Whether there are no new shares, and so no new set and no recovery key.</param>
/// <param name="needsOldSet">Whether the set that holds shares now is needed: a newcomer may not know it.</param>
internal sealed class ResharePinOptions(bool isDrill, bool needsOldSet = true)
{
    private readonly SettingOption _quorumKey = new(ProfileSetting.QuorumKey, isNeeded: true, description: "The quorum key that you hold.");

    private readonly Option<string?> _from = new("--from")
    {
        Description = "The members that hold shares now: one ALIAS.pub each, and quorum_threshold.",
        HelpName = "DIR",
        Required = needsOldSet,
    };

    private readonly Option<string> _to = new("--to") { Description = "The members that get new shares: one ALIAS.pub each, and quorum_threshold.", HelpName = "DIR", Required = true };
    private readonly SettingOption _recovery = new(ProfileSetting.RecoveryKey, isNeeded: true, description: "The disaster-recovery public key that was agreed on, or none.");

    /// <summary>Root, time and measurements.</summary>
    public TrustOptions Trust { get; } = new(requiresMeasurements: true);

    /// <summary>All of them.</summary>
    public Symbol[] All => isDrill ? [_quorumKey, _from, .. Trust.All] : [_quorumKey, _from, _to, _recovery, .. Trust.All];

    /// <summary>Those that do not say how a document is verified.</summary>
    public Symbol[] WithoutVerification => [.. All.Where(option => option != Trust.Root && option != Trust.Time)];

    /// <summary>What the person holds.</summary>
    public ResharePins Read(ParseResult parsed) => new()
    {
        QuorumKey = KeySource.ReadPublic(_quorumKey.Require(parsed)),
        From = parsed.GetValue(_from) is { } from ? MemberSetDirectory.Read(from) : null,
        To = isDrill ? null : MemberSetDirectory.Read(parsed.GetValue(_to)!),
        RecoveryKey = isDrill || _recovery.Require(parsed) is "none" ? null : KeySource.ReadPublic(_recovery.Require(parsed)),
        Pcrs = Trust.Measurements(parsed),
    };
}
