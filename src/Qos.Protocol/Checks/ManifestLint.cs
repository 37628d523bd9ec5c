using Qos.Keys;
using Qos.Nsm;

namespace Qos.Protocol;

/// <summary>
/// Looks through a manifest for what must not be, or what an operator must know, before it is made, shown or approved.
/// Specification: manifest, "Ours, when a manifest is made, shown or approved".
/// </summary>
public static class ManifestLint
{
    private const int PcrBytes = 48;

    /// <summary>All findings, in the manifest's order; empty for one without any.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="previousNonce">The nonce of the namespace's manifest before this one, when it is known.</param>
    public static IReadOnlyList<LintFinding> Check(Manifest manifest, uint? previousNonce = null)
    {
        var findings = new List<LintFinding>();
        CheckNamespace(findings, manifest.Namespace, previousNonce);
        CheckPivot(findings, manifest.Pivot);
        CheckSet(findings, manifest.ManifestSet, "manifestSet", "manifest");
        CheckSet(findings, manifest.ShareSet, "shareSet", "share");
        CheckOverlap(findings, manifest);
        CheckEnclave(findings, manifest.Enclave, manifest.Pivot.DebugMode);
        return findings;
    }

    /// <summary>Whether any finding refuses the manifest.</summary>
    public static bool IsRefused(IReadOnlyList<LintFinding> findings)
    {
        foreach (LintFinding finding in findings)
        {
            if (finding.Severity == LintSeverity.Refused)
                return true;
        }

        return false;
    }

    private static void CheckNamespace(List<LintFinding> findings, ManifestNamespace ns, uint? previousNonce)
    {
        if (previousNonce is { } previous && ns.Nonce <= previous)
        {
            Warn(
                findings,
                "namespace.nonce",
                $"the nonce {ns.Nonce} is not above the previous manifest's {previous}",
                "give every manifest of a namespace a higher nonce, or a node of the older one could be taken for this");
        }

        if (!PublicKey.TryParse(ns.QuorumKey.Span, out _))
            Refuse(findings, "namespace.quorumKey", "not a public key", "take the 130 bytes that the genesis gave out");
    }

    private static void CheckPivot(List<LintFinding> findings, PivotConfig pivot)
    {
        if (BootChecks.DescribeBridges(pivot.BridgeConfig) is { } bridge)
            Refuse(findings, "pivot.bridgeConfig", bridge, "no node boots it");
        if (pivot.DebugMode)
        {
            Warn(
                findings,
                "pivot.debugMode",
                "the pivot's output goes to the console, where the host can read it",
                "leave it out of production manifests");
        }

        if (PivotEnvironment.Describe(pivot, 256) is { } environment)
            Refuse(findings, "pivot.env", environment, "no node boots it");
    }

    private static void CheckSet(List<LintFinding> findings, MemberSet set, string where, string name)
    {
        if (BootChecks.DescribeThreshold(set, name) is { } wrong)
            Refuse(findings, where + ".threshold", wrong, "no node boots it");
        else if (set.Threshold == 1)
            Warn(findings, where + ".threshold", "a single member is enough", "use a threshold of at least 2 for anything of value");
        if (!BootChecks.HasDistinctMembers(set.Members))
            Refuse(findings, where + ".members", "two members share an alias or a point of their keys", "list every member once, with a key of their own");
        foreach (QuorumMember member in set.Members)
        {
            if (!PublicKey.TryParse(member.PubKey.Span, out _))
                Refuse(findings, where + ".members", $"the key of {VisibleText.Escape(member.Alias)} is not a public key", "take the member's 130 bytes");
        }
    }

    private static void CheckOverlap(List<LintFinding> findings, Manifest manifest)
    {
        var points = new HashSet<string>(StringComparer.Ordinal);
        foreach (QuorumMember member in manifest.ManifestSet.Members)
            points.UnionWith(Points(member));
        foreach (QuorumMember member in manifest.ShareSet.Members)
        {
            if (points.Overlaps(Points(member)))
            {
                Warn(
                    findings,
                    "shareSet.members",
                    $"{VisibleText.Escape(member.Alias)} is in both sets",
                    "have one group decide what runs and another hold the key");
            }
        }
    }

    // Either half of the key tells the member, whatever its alias is.
    private static string[] Points(QuorumMember member)
    {
        ReadOnlySpan<byte> key = member.PubKey.Span;
        return ["e" + Convert.ToHexString(key[..(key.Length / 2)]), "s" + Convert.ToHexString(key[(key.Length / 2)..])];
    }

    private static void CheckEnclave(List<LintFinding> findings, EnclaveConfig enclave, bool debugMode)
    {
        CheckPcr(findings, "enclave.pcr0", enclave.Pcr0.Span, mayBeZero: debugMode);
        CheckPcr(findings, "enclave.pcr1", enclave.Pcr1.Span, mayBeZero: debugMode);
        CheckPcr(findings, "enclave.pcr2", enclave.Pcr2.Span, mayBeZero: debugMode);
        CheckPcr(findings, "enclave.pcr3", enclave.Pcr3.Span, mayBeZero: true);
        if (!enclave.AwsRootCertificate.Span.SequenceEqual(AwsRoot.Der))
        {
            Warn(
                findings,
                "enclave.awsRootCertificate",
                "not AWS's root for Nitro enclaves",
                "only a test with a simulated module has another");
        }
    }

    private static void CheckPcr(List<LintFinding> findings, string where, ReadOnlySpan<byte> pcr, bool mayBeZero)
    {
        if (pcr.Length != PcrBytes)
            Refuse(findings, where, $"{pcr.Length} bytes", $"a PCR has {PcrBytes} bytes (SHA-384)");
        else if (!mayBeZero && pcr.IndexOfAnyExcept((byte)0) < 0)
            Refuse(findings, where, "all zero, as only a debug enclave's is", "take the image's measurement, or set debugMode for a test");
    }

    private static void Refuse(List<LintFinding> findings, string where, string what, string whatToDo) =>
        findings.Add(new LintFinding(LintSeverity.Refused, where, what, whatToDo));

    private static void Warn(List<LintFinding> findings, string where, string what, string whatToDo) =>
        findings.Add(new LintFinding(LintSeverity.Warning, where, what, whatToDo));
}
