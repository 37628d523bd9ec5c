using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare accept</c></summary>
internal sealed class ReshareAcceptCommand : QosCommand
{
    private readonly Option<string> _folder = new("--dir") { Description = "The folder that 'reshare fetch' wrote.", HelpName = "DIR", Required = true };
    private readonly SecretOptions _secret = new();
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly SettingOption _out = new(ProfileSetting.Share, isNeeded: true, description: "Where to keep your new share, encrypted to your key as it came.");
    private readonly ResharePinOptions _pins = new(isDrill: false, needsOldSet: false);
    private readonly Option<string?> _outputHash = new("--output-hash")
    {
        Description = "The output's hash, as 'reshare fetch' showed it to somebody you trust: that you all take shares of one run.",
        HelpName = "HEX",
        Validators = { static result => IdentityOptions.RequireHash(result, "--output-hash") },
    };

    private readonly Option<bool> _yes = StandardOptions.Yes();

    public ReshareAcceptCommand()
        : base(
            "accept",
            "Take your new share: verify the reshare, compare in whose hands the key is, decrypt the share, check its hash, keep it encrypted to your key.",
            "qos reshare accept --dir reshare --share alice.2.share --quorum-key quorum_key.pub --to new-set --dr-key none --pcrs aws-x86_64.pcrs")
    {
        Take(_folder, _secret.Secret, _alias, _out, _outputHash);
        Take(_pins.All);
        Take(_yes, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
        _out.Aliases.Add("--out");
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = _out.Require(parsed);
        string alias = _alias.Require(parsed);
        bool yes = parsed.GetValue(_yes);
        OutputFile.RequireFree(path);
        ResharePins pins = _pins.Read(parsed);
        ReshareRecord record = ReshareRecord.Read(parsed.GetValue(_folder)!, _pins.Trust.Policy(parsed));
        ReshareRequest request = record.Envelope.Request;
        ReshareRequestFile.RequirePurpose(request, isDrill: false);
        ReshareCeremony.RequireSound(request);
        IReadOnlyList<PinComparison> comparisons = pins.Require(request);
        string outputHash = ResharePage.OutputHash(record.Output);
        string? heldHash = parsed.GetValue(_outputHash);
        if (heldHash is not null && !string.Equals(heldHash, outputHash, StringComparison.OrdinalIgnoreCase))
            throw new CeremonyException($"The reshare is refused: its output's hash is {outputHash} instead of {heldHash}. It is another run of the request, and its shares do not go together with the others'.");
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the reshare on: review it with 'qos reshare show' and give --yes");

        using IKeyPair key = _secret.Open(parsed, terminal);
        ReadOnlyMemory<byte> share = ReshareCeremony.Accept(record, alias, key);
        Page page = terminal.Page;
        page.Line("The reshare verifies; your share decrypts and has the attested hash, and the key signed in that enclave.", Tone.Good);
        ResharePage.Show(page, request, comparisons);
        page.Field("output hash", outputHash + (heldHash is null ? ", not compared" : ", the same as what you hold"), heldHash is null ? Tone.Warning : Tone.Good);
        page.Line("Every new member must have the same output hash: shares of two runs do not go together. A drill of the new set shows that the shares make the key.");
        page.Line(ResharePage.OldSharesRemain, Tone.Warning);
        if (!yes && !terminal.Confirm("Is the key in these hands, and in no others?", "--yes"))
            throw new CeremonyException("You did not agree; no share was taken.");
        OutputFile.Write(path, share.Span, ownerOnly: true);
        page.Wrote(path, "your share, encrypted to your key");
        return Task.CompletedTask;
    }
}
