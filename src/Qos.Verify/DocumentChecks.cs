using Qos.Keys;
using Qos.Nsm;

namespace Qos.Verify;

/// <summary>The checks on an attestation document by itself. Format: docs/protocol/nsm.md, Verification.</summary>
internal static class DocumentChecks
{
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Reads and verifies; null when it cannot be read.</summary>
    public static AttestationDocument? Run(
        CheckList checks, ReadOnlySpan<byte> coseSign1, VerificationPolicy policy, AttestationExaminer verifier, string rootSha256, bool isAws,
        bool allowsUnknown)
    {
        checks.Pass(
            CheckNames.DocumentRoot,
            isAws ? $"AWS Nitro Enclaves Root-G1, SHA-256 {rootSha256}" : $"not AWS's, but one that was given: SHA-256 {rootSha256}");

        AttestationDocument document;
        try
        {
            document = allowsUnknown ? AttestationDocument.ParseWithUnknownMembers(coseSign1) : AttestationDocument.Parse(coseSign1);
            checks.Pass(CheckNames.DocumentFormat);
            if (document.UnknownMembers.Count > 0)
                checks.Add(new(CheckNames.DocumentMembers, CheckOutcome.NotAsked, Detail: $"members that are not known here, and not looked at: {string.Join(", ", document.UnknownMembers)}"));
        }
        catch (AttestationException e)
        {
            checks.Fail(CheckNames.DocumentFormat, e.Message);
            checks.NotRun([.. Enum.GetValues<AttestationStep>().Select(NameOf), CheckNames.DocumentTime]);
            return null;
        }

        DateTimeOffset time = policy.Time.Resolve(document, policy.TimeProvider);
        foreach (AttestationFinding finding in verifier.Examine(document, time))
        {
            string name = NameOf(finding.Step);
            if (!finding.WasRun)
                checks.NotRun(name);
            else if (finding.Failure is { } failure)
                checks.Fail(name, $"{failure.Error}: {failure.Message}{(finding.Step == AttestationStep.Validity ? Distance(document, time, policy) : "")}");
            else
                checks.Pass(name, finding.Step == AttestationStep.Validity ? $"at {time:u} ({policy.Time})" : null);
        }

        Time(checks, document, policy);
        return document;
    }

    /// <summary>That the document is not of the future, whatever time its certificates are checked at: one of the two clocks is wrong then.</summary>
    private static void Time(CheckList checks, AttestationDocument document, VerificationPolicy policy)
    {
        DateTimeOffset present = policy.Time.Fixed ?? policy.TimeProvider.GetUtcNow();
        string clock = policy.Time.Fixed is null ? "this machine's clock" : "the chosen time";
        if (document.Time - present <= s_clockTolerance)
            checks.Pass(CheckNames.DocumentTime, $"made at {document.Time:u}");
        else
        {
            checks.Fail(
                CheckNames.DocumentTime,
                $"made at {document.Time:u}, which is {Duration(document.Time - present)} ahead of {clock}, {present:u}: one of the two is wrong");
        }
    }

    private static string Distance(AttestationDocument document, DateTimeOffset time, VerificationPolicy policy)
    {
        TimeSpan distance = time - document.Time;
        string clock = policy.Time.Fixed is null ? "this machine's clock" : "the chosen time";
        return $" The document was made at {document.Time:u}, {Duration(distance.Duration())} {(distance < TimeSpan.Zero ? "after" : "before")} {clock}.";
    }

    private static string Duration(TimeSpan span) => span.TotalDays >= 1 ? $"{span.Days} d {span.Hours} h"
        : span.TotalHours >= 1 ? $"{span.Hours} h {span.Minutes} min"
        : $"{span.Minutes} min {span.Seconds} s";

    private static string NameOf(AttestationStep step) => step switch
    {
        AttestationStep.Certificates => CheckNames.DocumentCertificates,
        AttestationStep.Chain => CheckNames.DocumentChain,
        AttestationStep.Validity => CheckNames.DocumentValidity,
        AttestationStep.ChainSignatures => CheckNames.DocumentChainSignatures,
        _ => CheckNames.DocumentSignature,
    };

    /// <summary>The trusted sets of measurements: one of them must match.</summary>
    /// <param name="checks">Where the check goes.</param>
    /// <param name="document">The document, or null when it could not be read.</param>
    /// <param name="trusted">The sets.</param>
    /// <param name="isDemanded">Whether leaving them out is a waiver; else nothing was asked.</param>
    public static void TrustedPcrs(CheckList checks, AttestationDocument? document, TrustedMeasurements trusted, bool isDemanded)
    {
        if (trusted.IsAny)
        {
            checks.Add(isDemanded
                ? new(CheckNames.TrustedPcrs, CheckOutcome.Waived, Detail: "an enclave of any image: accepted because that was asked for")
                : new(CheckNames.TrustedPcrs, CheckOutcome.NotAsked, Detail: "no trusted measurements were given"));
            return;
        }

        if (isDemanded && trusted.Profiles.FirstOrDefault(static profile => !profile.Pcrs.ContainsKey(0)) is { } partial)
        {
            checks.Fail(CheckNames.TrustedPcrs, $"{partial.Name} names no PCR0, which measures the image");
            return;
        }

        if (document is null)
        {
            checks.NotRun(CheckNames.TrustedPcrs);
            return;
        }

        var misses = new List<string>();
        foreach (PcrProfile profile in trusted.Profiles)
        {
            if (profile.FirstMismatch(document) is not { } index)
            {
                checks.Pass(CheckNames.TrustedPcrs, $"as in {profile.Name}: PCR {string.Join(", ", profile.Pcrs.Keys)}");
                return;
            }

            misses.Add($"{profile.Name}: PCR{index} is {CheckList.Shown(document.PcrOf(index))} instead of {Convert.ToHexStringLower(profile.Pcrs[index])}");
        }

        checks.Fail(CheckNames.TrustedPcrs, string.Join("; ", misses));
    }

    /// <summary>Whether PCR0 to PCR2 are zero, as they are in an enclave that was started in debug mode.</summary>
    public static bool IsDebug(AttestationDocument document) => Enumerable.Range(0, 3).All(index =>
        document.PcrOf(index) is { } value && !value.AsSpan().ContainsAnyExcept((byte)0));

    /// <summary>A public key in hex or bytes that must be two points on the curve.</summary>
    public static PublicKey? Key(CheckList checks, string name, ReadOnlySpan<byte> bytes)
    {
        try
        {
            PublicKey key = PublicKey.Parse(bytes);
            checks.Add(new(name, CheckOutcome.Passed, Actual: key.ToHex()));
            return key;
        }
        catch (KeyException e)
        {
            checks.Add(new(name, CheckOutcome.Failed, $"{PublicKey.Size} bytes, two points on P-256", Convert.ToHexStringLower(bytes), e.Message));
            return null;
        }
    }
}
