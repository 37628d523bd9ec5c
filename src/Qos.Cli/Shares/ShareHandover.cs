using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>What both ways of giving a share have in common: the options, the comparison, the review and the question.</summary>
internal sealed class ShareHandover
{
    private readonly SettingOption _envelope = new(ProfileSetting.Envelope, isNeeded: true);
    private readonly SettingOption _share = new(ProfileSetting.Share, isNeeded: true);
    private readonly SecretOptions _secret = new();
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly TrustOptions _trust = new();
    private readonly PinOptions _pins;
    private readonly Option<bool> _yes = StandardOptions.Yes();
    private readonly Option<bool> _acceptWarnings = StandardOptions.AcceptWarnings();

    public ShareHandover() => _pins = new PinOptions(_trust);

    /// <summary>All options.</summary>
    public Symbol[] All => [_envelope, .. Fetched];

    /// <summary>The options where the envelope comes with the document, and is believed as little.</summary>
    public Symbol[] Fetched =>
    [
        _share, _secret.Secret, _alias, .. _pins.All, .. _trust.All, _yes, _acceptWarnings, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber,
    ];

    /// <summary>The member's alias.</summary>
    public string Alias(ParseResult parsed) => _alias.Require(parsed);

    /// <summary>Compares, verifies and shows everything, asks, and encrypts the share to the enclave.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where it is shown and asked.</param>
    /// <param name="page">Where the review goes.</param>
    /// <param name="documentAsync">Gives the node's attestation document; called after the key is open.</param>
    /// <param name="fetched">The envelope, where it is not a file of the member's own.</param>
    /// <exception cref="CeremonyException">Something differs, does not verify, or was not agreed to.</exception>
    public async Task<(byte[] Share, Approval Approval)> ReencryptAsync(
        ParseResult parsed, Terminal terminal, Page page, Func<Task<ReadOnlyMemory<byte>>> documentAsync, ManifestEnvelope? fetched = null)
    {
        string alias = Alias(parsed);
        bool yes = parsed.GetValue(_yes);
        ManifestEnvelope envelope = fetched ?? InputFile.ManifestEnvelope(_envelope.Require(parsed));
        byte[] encrypted = InputFile.Bytes(_share.Require(parsed));
        ManifestPins pins = _pins.Read(parsed);
        AttestationPolicy policy = _trust.Policy(parsed);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the manifest on: review it with 'qos manifest show' and give --yes");

        using IKeyPair key = _secret.Open(parsed, terminal);
        PublicKey setupKey = ShareCeremony.Check(await documentAsync(), envelope, policy, pins, alias, key.PublicKey);
        IReadOnlyList<LintFinding> warnings = ManifestDecision.Show(terminal, page, envelope.Manifest, pins, _pins.LintPivot(parsed));
        page.Heading("The enclave");
        page.Line("  The document verifies, and is about this manifest, which enough members of its manifest set approved.", Tone.Good);
        foreach (Approval approval in envelope.ManifestSetApprovals)
            page.Field("approved by", $"{VisibleText.Name(approval.Member.Alias)}, fingerprint {MemberSetDifference.Fingerprint(approval.Member.PubKey.Span)}");
        page.Field("setup key", $"fingerprint {KeySource.Fingerprint(setupKey)}");

        // What others approved is not what this member knows of: a share that was given cannot be taken back, an approval can be left without the rest.
        ManifestPage.Accept(terminal, warnings, parsed.GetValue(_acceptWarnings));
        if (!yes && !terminal.Confirm("Give your share to this enclave?", "--yes"))
            throw new CeremonyException("You did not agree; the share stays where it is.");
        return ShareCeremony.Reencrypt(encrypted, setupKey, envelope.Manifest, alias, key, SystemRandomSource.Instance);
    }
}
