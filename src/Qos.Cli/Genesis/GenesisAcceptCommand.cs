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
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly SettingOption _out = new(ProfileSetting.Share, isNeeded: true, description: "Where to keep your share, encrypted to your key as it came.");
    private readonly SettingOption _shareSet = new(ProfileSetting.ShareSet, description: "The members that were agreed on: one ALIAS.pub each, and quorum_threshold.");
    private readonly SettingOption _recovery = new(ProfileSetting.RecoveryKey, description: "The disaster-recovery public key that was agreed on, or none.");
    private readonly TrustOptions _trust = new(requiresMeasurements: true);

    private readonly Option<bool> _anyShareSet = new("--allow-any-share-set")
    {
        Description = "Do not compare the members: somebody with enough shares of their own has the whole key.",
    };

    private readonly Option<bool> _anyRecoveryKey = new("--allow-any-dr-key")
    {
        Description = "Do not compare the recovery key: its owner alone has the whole key.",
    };

    private readonly Option<bool> _yes = StandardOptions.Yes();
    private readonly Option<bool> _json = StandardOptions.Json();

    public GenesisAcceptCommand()
        : base(
            "accept",
            "Take your share: verify the genesis, compare in whose hands the key is, decrypt the share, check its hash, keep it encrypted to your key.",
            "qos genesis accept --dir genesis",
            "qos genesis accept --dir genesis --secret alice.secret --alias alice --share alice.share --share-set share-set --dr-key none --pcrs aws-x86_64.pcrs")
    {
        Take(_folder, _secret.Secret, _alias, _out, _shareSet, _recovery, _anyShareSet, _anyRecoveryKey);
        Take(_trust.All);
        Take(_yes, _json, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
        _out.Aliases.Add("--out");
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = _out.Require(parsed);
        string alias = _alias.Require(parsed);
        bool yes = parsed.GetValue(_yes);
        bool isJson = parsed.GetValue(_json);
        OutputFile.RequireFree(path);
        GenesisPins pins = Pins(parsed);
        _trust.WarnOfDebugMode(parsed, terminal);
        GenesisOutput output = GenesisCeremony.Read(parsed.GetValue(_folder)!, _trust.Policy(parsed));
        IReadOnlyList<PinComparison> comparisons = pins.Require(output);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the genesis on: review it with 'qos genesis show' and give --yes");

        using IKeyPair key = _secret.Open(parsed, terminal);
        ReadOnlyMemory<byte> share = GenesisCeremony.Accept(output, alias, key);
        Page page = isJson ? terminal.ErrorPage : terminal.Page;
        page.Line("The genesis verifies; your share decrypts and has the attested hash.", Tone.Good);
        GenesisPage.Show(page, output);
        foreach (PinComparison comparison in comparisons)
            page.Field(comparison.Name, comparison.IsHeld ? "the same as what you hold" : "not compared", comparison.IsHeld ? Tone.Good : Tone.Warning);
        if (!yes && !terminal.Confirm("Is the key in these hands, and in no others?", "--yes"))
            throw new CeremonyException("You did not agree; no share was taken.");

        OutputFile.Write(path, share.Span, ownerOnly: true);
        if (isJson)
            GenesisPage.WriteJson(terminal, output, path, comparisons);
        else
            page.Wrote(path, "your share, encrypted to your key");
        return Task.CompletedTask;
    }

    private GenesisPins Pins(ParseResult parsed)
    {
        bool anySet = parsed.GetValue(_anyShareSet);
        bool anyKey = parsed.GetValue(_anyRecoveryKey);
        if ((anySet && _shareSet.IsOnCommandLine(parsed)) || (anyKey && _recovery.IsOnCommandLine(parsed)))
            throw new UsageException("a waiver and what it waives say the opposite: give one of them");
        string? set = anySet ? null : _shareSet.Read(parsed);
        string? recovery = anyKey ? null : _recovery.Read(parsed);
        List<SettingOption> missing = [];
        if (set is null && !anySet)
            missing.Add(_shareSet);
        if (recovery is null && !anyKey)
            missing.Add(_recovery);
        if (missing.Count > 0)
        {
            throw new UsageException(
                $"say what was agreed on, to compare the genesis with: {RequiredOptions.Describe(missing)}. A leader who added members or a recovery key has the whole key; "
                + "what is not compared is given up with --allow-any-share-set, --allow-any-dr-key");
        }

        return new GenesisPins
        {
            ShareSet = set is null ? null : MemberSetDirectory.Read(set),
            AllowsAnyRecoveryKey = anyKey,
            RecoveryKey = recovery is null or "none" ? null : KeySource.ReadPublic(recovery),
        };
    }
}
