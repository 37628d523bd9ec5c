using System.Security.Cryptography;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>The checks of a document against a manifest, and of a manifest's envelope. Format: docs/protocol/nsm.md, Verification, step 4; proofs.md.</summary>
internal static class ManifestChecks
{
    /// <summary>Reads the manifest's bytes and holds them against the document's user data.</summary>
    public static Manifest? Read(CheckList checks, ReadOnlyMemory<byte> bytes, AttestationDocument? document)
    {
        Manifest? manifest = null;
        try
        {
            manifest = ManifestFormat.Read(bytes.Span);
            checks.Pass(CheckNames.ManifestFormat, manifest.Version.ToString());
        }
        catch (EncodingException e)
        {
            checks.Fail(CheckNames.ManifestFormat, e.Message);
        }

        byte[] hash = SHA256.HashData(bytes.Span);
        if (document is null)
            checks.NotRun(CheckNames.ManifestHash);
        else
            checks.Add(CheckNames.ManifestHash, DocumentComparison.UserData(document, hash), "the document was made for another manifest");

        if (manifest is null)
            checks.NotRun(CheckNames.ManifestEncoding);
        else if (manifest.HashedBytes().AsSpan().SequenceEqual(bytes.Span))
            checks.Pass(CheckNames.ManifestEncoding);
        else
            checks.Fail(CheckNames.ManifestEncoding, "the bytes are another encoding of the manifest than the one that is hashed");
        return manifest;
    }

    /// <summary>PCR0 to PCR3 against the manifest's.</summary>
    public static void Pcrs(CheckList checks, AttestationDocument? document, Manifest? manifest)
    {
        IReadOnlyList<DocumentFinding>? findings = document is null || manifest is null ? null : DocumentComparison.Measurements(document, manifest.Enclave);
        for (int index = 0; index < 4; index++)
        {
            if (findings is null)
                checks.NotRun(CheckNames.ManifestPcr(index));
            else
                checks.Add(CheckNames.ManifestPcr(index), findings[index]);
        }
    }

    /// <summary>That PCRs 0 to 31 are there.</summary>
    public static void AllPcrs(CheckList checks, AttestationDocument? document, bool isWaived)
    {
        if (document is null)
        {
            checks.NotRun(CheckNames.DocumentPcrs);
            return;
        }

        IReadOnlyList<int> missing = DocumentComparison.MissingPcrs(document);
        if (missing.Count == 0)
            checks.Pass(CheckNames.DocumentPcrs);
        else if (isWaived)
            checks.Add(new(CheckNames.DocumentPcrs, CheckOutcome.Waived, "PCR 0 to 31", $"{document.Pcrs.Count} PCRs", "a node without PCR17: accepted because that was asked for"));
        else
            checks.Add(new(CheckNames.DocumentPcrs, CheckOutcome.Failed, "PCR 0 to 31", $"{document.Pcrs.Count} PCRs", $"missing: {string.Join(", ", missing)}"));
    }

    /// <summary>The commitment in PCR16 or PCR17.</summary>
    public static void Commitment(CheckList checks, string name, AttestationDocument? document, bool isLive, bool allowUncommitted)
    {
        if (document?.PublicKey is null || document.UserData is not { } hash)
        {
            checks.NotRun(name);
            return;
        }

        DocumentFinding finding = DocumentComparison.Commitment(document, hash.Span, isLive);
        if (finding.Actual is null && allowUncommitted)
        {
            checks.Add(new(
                name, CheckOutcome.Waived, Convert.ToHexStringLower(finding.Expected!), "absent",
                $"the document has no {finding.What}: accepted because that was asked for"));
            return;
        }

        checks.Add(name, finding, $"{finding.What} does not commit to this key and manifest");
    }

    /// <summary>The envelope: that it is this manifest's, and that it was approved.</summary>
    /// <returns>The members who approved; empty when the envelope is refused.</returns>
    public static IReadOnlyList<QuorumMember> Envelope(CheckList checks, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> manifestBytes)
    {
        ManifestEnvelope envelope;
        try
        {
            envelope = ManifestEnvelopeFormat.Read(bytes.Span);
            checks.Pass(CheckNames.EnvelopeFormat, envelope.Manifest.Version.ToString());
        }
        catch (EncodingException e)
        {
            checks.Fail(CheckNames.EnvelopeFormat, e.Message);
            checks.NotRun(CheckNames.EnvelopeManifest, CheckNames.EnvelopeApprovals);
            return [];
        }

        checks.Equal(
            CheckNames.EnvelopeManifest, SHA256.HashData(manifestBytes.Span), envelope.Manifest.Hash(), "the envelope is that of another manifest");
        Approvals(checks, envelope);
        return [.. envelope.ManifestSetApprovals.Select(static approval => approval.Member)];
    }

    /// <summary>The pivot's hash against the trusted ones.</summary>
    public static void TrustedPivot(CheckList checks, Manifest? manifest, VerificationPolicy policy)
    {
        string? actual = manifest is null ? null : CheckList.Shown(manifest.Pivot.Hash);
        if (policy.Manifest.Pivots.Count == 0)
            checks.Add(new(CheckNames.TrustedPivot, CheckOutcome.NotAsked, Actual: actual, Detail: "no trusted binary was given"));
        else if (manifest is null)
            checks.NotRun(CheckNames.TrustedPivot);
        else
        {
            bool known = policy.Manifest.Pivots.Any(trusted => trusted.Span.SequenceEqual(manifest.Pivot.Hash.Span));
            string expected = string.Join(" or ", policy.Manifest.Pivots.Select(trusted => CheckList.Shown(trusted)));
            checks.Add(new(CheckNames.TrustedPivot, known ? CheckOutcome.Passed : CheckOutcome.Failed, expected, actual));
        }
    }

    /// <summary>The nonce: absent, or the one that was asked for.</summary>
    public static void Nonce(CheckList checks, AttestationDocument? document, VerificationPolicy policy)
    {
        if (document is null)
            checks.NotRun(CheckNames.DocumentNonce);
        else if (policy.Nonce is { } asked)
            checks.Equal(CheckNames.DocumentNonce, asked, document.Nonce);
        else if (document.Nonce is { } unasked)
            checks.Add(new(CheckNames.DocumentNonce, CheckOutcome.Failed, "absent", CheckList.Shown(unasked), "no nonce was asked for"));
        else
            checks.Pass(CheckNames.DocumentNonce, "absent");
    }

    private static void Approvals(CheckList checks, ManifestEnvelope envelope)
    {
        MemberSet set = envelope.Manifest.ManifestSet;
        string expected = $"{set.Threshold} of {set.Members.Count} members";
        string actual = $"{envelope.ManifestSetApprovals.Count} approvals";
        try
        {
            ApprovalChecks.CheckManifestApprovals(envelope);
            bool sound = set.Threshold >= 1;
            checks.Add(new(
                CheckNames.EnvelopeApprovals, sound ? CheckOutcome.Passed : CheckOutcome.Failed, expected, actual,
                sound ? $"by {string.Join(", ", envelope.ManifestSetApprovals.Select(approval => VisibleText.Escape(VisibleText.Name(approval.Member.Alias))))}" : "a threshold of 0 asks for nothing"));
        }
        catch (ProtocolException e)
        {
            checks.Add(new(CheckNames.EnvelopeApprovals, CheckOutcome.Failed, expected, actual, e.Error.Code.ToString()));
        }
    }
}
