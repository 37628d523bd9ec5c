using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client proxy-re-encrypt-share</c></summary>
internal sealed class ProxyReEncryptShareCommand : ClientCommand
{
    private readonly MemberKeyOptions _key = new();
    private readonly Option<string> _share = Standard.Required("share-path", "The share, encrypted to the member.");
    private readonly Option<string> _approval = Standard.Required("approval-path", "The member's approval, which is written.");
    private readonly Option<string> _out = Standard.Required("eph-wrapped-share-path", "The share for the enclave, which is written.");
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The enclave's attestation document.");
    private readonly Option<string> _pcr3 = Standard.Required("pcr3-preimage-path", "File with the ARN of the parent instance's role.");
    private readonly Option<string> _manifestSet = Standard.Required("manifest-set-dir", "Folder with the keys of the manifest set.");
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");
    private readonly Option<string> _alias = Standard.Required("alias", "The member's alias.");
    private readonly TrustOptions _trust = new();
    private readonly Option<string?> _override = Standard.Optional("unsafe-eph-path-override", "NEVER IN PRODUCTION: a secret file whose key takes the place of the document's.");
    private readonly Option<bool> _yes = Standard.Flag("unsafe-auto-confirm", "NEVER IN PRODUCTION: say yes to every question.");

    public ProxyReEncryptShareCommand()
        : base("proxy-re-encrypt-share", "Verify an enclave and its manifest, then encrypt the own share to that enclave.") =>
        Take([
            .. _key.All, _share, _approval, _out, _document, _pcr3, _manifestSet, _envelope, _alias, .. _trust.All, _override, _yes,
        ]);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        byte[] encrypted = InputFile.Bytes(parsed.GetValue(_share)!);
        string alias = parsed.GetValue(_alias)!;
        AttestationPolicy policy = _trust.Policy(parsed, () => Role.Pcr3(parsed.GetValue(_pcr3)!), screen);
        PublicKey setupKey = ShareCeremony.Check(
            InputFile.Bytes(parsed.GetValue(_document)!), envelope, policy, Pins(parsed, envelope.Manifest), alias, _key.PublicKey(parsed, screen));
        if (!parsed.GetValue(_yes) && !Review.ShareQuestions(envelope, Role.Arn(parsed.GetValue(_pcr3)!)).All(screen.Confirm))
            throw new CeremonyException("Exiting early without re-encrypting / approving");

        if (parsed.GetValue(_override) is { } path)
            setupKey = KeySource.ReadPublicOf(path);
        using IKeyPair key = _key.Open(parsed, screen);
        (byte[] share, Approval approval) = ShareCeremony.Reencrypt(encrypted, setupKey, envelope.Manifest, alias, key, SystemRandomSource.Instance);
        OutputFile.Write(parsed.GetValue(_approval)!, ApprovalFormat.Write(approval), overwrite: true);
        screen.Wrote("Share Set Approval", parsed.GetValue(_approval)!);
        OutputFile.Write(parsed.GetValue(_out)!, share, overwrite: true);
        screen.Wrote("Ephemeral key wrapped share", parsed.GetValue(_out)!);
        return Task.CompletedTask;
    }

    // The root that the manifest names is not compared: this command line has no option for it but the one that documents are verified under.
    private ManifestPins Pins(ParseResult parsed, Manifest manifest)
    {
        MemberSet held = SetOptions.Read(parsed, _manifestSet);
        return ManifestExpectation.IsSame(manifest.ManifestSet, held)
            ? new ManifestPins { ManifestSet = held, Root = manifest.Enclave.AwsRootCertificate }
            : throw new CeremonyException("Manifest's manifest set does not match locally found Manifest Set");
    }
}

/// <summary><c>qos_client post-share</c></summary>
internal sealed class PostShareCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _approval = Standard.Required("approval-path", "The member's approval.");
    private readonly Option<string> _share = Standard.Required("eph-wrapped-share-path", "The share for the enclave.");

    public PostShareCommand()
        : base("post-share", "Post a share to the node that it was encrypted for.") =>
        Take([.. _node.All, _approval, _share]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        byte[] share = InputFile.Bytes(parsed.GetValue(_share)!);
        Approval approval = InputFile.Read(parsed.GetValue(_approval)!, static bytes => ApprovalFormat.Read(bytes), "an approval");
        using NodeClient node = _node.Open(parsed);
        screen.Output.WriteLine(await node.ProvisionAsync(share, approval, cancellationToken)
            ? "The quorum key has been reconstructed."
            : "The quorum key has *not* been reconstructed.");
    }
}

/// <summary><c>qos_client shamir-split</c></summary>
internal sealed class ShamirSplitCommand : ClientCommand
{
    private readonly Option<string> _secret = Standard.Required("secret-path", "The secret, any bytes.");
    private readonly Option<int> _total = Standard.Number<int>("total-shares", "How many shares to make.");
    private readonly Option<int> _threshold = Standard.Number<int>("threshold", "How many of them give the secret back.");
    private readonly Option<string> _folder = Standard.Required("output-dir", "Folder of 1.share and so on, none of which is written over another.");

    public ShamirSplitCommand()
        : base("shamir-split", "Split a secret into shares.") =>
        Take(_secret, _total, _threshold, _folder);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using SecretMemory secret = SecretFile.Read(parsed.GetValue(_secret)!);
        foreach (string path in SecretFile.WriteShares(
            parsed.GetValue(_folder)!, secret, parsed.GetValue(_total), parsed.GetValue(_threshold), SystemRandomSource.Instance))
        {
            screen.Wrote(Path.GetFileName(path), path);
        }
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client shamir-reconstruct</c></summary>
internal sealed class ShamirReconstructCommand : ClientCommand
{
    private readonly Option<string[]> _shares = new("--share") { Description = "A share; repeat it for each.", Required = true };
    private readonly Option<string> _out = Standard.Required("output-path", "The secret; never over another file.");

    public ShamirReconstructCommand()
        : base("shamir-reconstruct", "Put shares together.") =>
        Take(_shares, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string[] shares = parsed.GetValue(_shares)!;
        if (shares.Length == 1)
            screen.Warn("one share alone gives the secret only of a set that has one share");
        using SecretMemory secret = SecretFile.Combine(shares);
        SecretFile.Write(parsed.GetValue(_out)!, secret);
        screen.Wrote("Reconstructed secret", parsed.GetValue(_out)!);
        return Task.CompletedTask;
    }
}
