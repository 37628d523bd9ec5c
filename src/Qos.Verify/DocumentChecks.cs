using Qos.Keys;
using Qos.Nsm;

namespace Qos.Verify;

/// <summary>The checks on an attestation document by itself. Specification: nsm, Verification, steps 1 to 3.</summary>
internal static class DocumentChecks
{
    private static readonly string[] s_afterFormat =
    [
        CheckNames.DocumentCertificates, CheckNames.DocumentChain, CheckNames.DocumentValidity, CheckNames.DocumentChainSignatures,
        CheckNames.DocumentSignature,
    ];

    /// <summary>Reads and verifies; null when it cannot be read.</summary>
    public static AttestationDocument? Run(
        CheckList checks, ReadOnlySpan<byte> coseSign1, VerificationOptions options, AttestationVerifier verifier, string rootSha256, bool isAws)
    {
        checks.Pass(
            CheckNames.DocumentRoot,
            isAws ? $"AWS Nitro Enclaves Root-G1, SHA-256 {rootSha256}" : $"not AWS's, but one that was given: SHA-256 {rootSha256}");

        AttestationDocument document;
        try
        {
            document = AttestationDocument.Parse(coseSign1);
            checks.Pass(CheckNames.DocumentFormat);
        }
        catch (AttestationException e)
        {
            checks.Fail(CheckNames.DocumentFormat, e.Message);
            checks.NotRun(s_afterFormat);
            return null;
        }

        DateTimeOffset time = options.Time.Resolve(document, options.TimeProvider);
        foreach (AttestationFinding finding in verifier.Examine(document, time))
        {
            string name = s_afterFormat[(int)finding.Step];
            if (!finding.WasRun)
                checks.NotRun(name);
            else if (finding.Failure is { } failure)
                checks.Fail(name, $"{failure.Error}: {failure.Message}");
            else
                checks.Pass(name, finding.Step == AttestationStep.Validity ? $"at {time:u} ({options.Time})" : null);
        }

        return document;
    }

    /// <summary>The trusted sets of measurements: one of them must match.</summary>
    public static void TrustedPcrs(CheckList checks, AttestationDocument? document, VerificationOptions options)
    {
        if (options.TrustedPcrs.Count == 0)
        {
            string detail = "no set of trusted measurements was given";
            if (document is not null && IsDebug(document))
                detail += "; PCR0 to PCR2 are zero: this enclave runs in debug mode and proves nothing about its code";
            checks.Add(new(CheckNames.TrustedPcrs, CheckOutcome.NotAsked, Detail: detail));
            return;
        }

        if (document is null)
        {
            checks.NotRun(CheckNames.TrustedPcrs);
            return;
        }

        var misses = new List<string>();
        foreach (PcrProfile profile in options.TrustedPcrs)
        {
            if (profile.FirstMismatch(document) is not { } index)
            {
                checks.Pass(CheckNames.TrustedPcrs, $"as in {profile.Name}: PCR {string.Join(", ", profile.Pcrs.Keys)}");
                return;
            }

            ReadOnlyMemory<byte>? actual = document.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value) ? value : default(ReadOnlyMemory<byte>?);
            misses.Add($"{profile.Name}: PCR{index} is {CheckList.Shown(actual)} instead of {Convert.ToHexStringLower(profile.Pcrs[index])}");
        }

        checks.Fail(CheckNames.TrustedPcrs, string.Join("; ", misses));
    }

    private static bool IsDebug(AttestationDocument document) => Enumerable.Range(0, 3).All(index =>
        document.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value) && !value.Span.ContainsAnyExcept((byte)0));

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
