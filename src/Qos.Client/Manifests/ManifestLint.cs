using System.Text;
using AnyAscii;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// Looks through a manifest for what must not be, or what an operator must know, before it is made, shown or approved.
/// Format: docs/protocol/manifest.md, "Ours, when a manifest is made, shown or approved".
/// </summary>
public static class ManifestLint
{
    private const int PcrBytes = 48;

    // The files of approvals are named ALIAS-NAMESPACE-NONCE.approval, and a file's name has at most 255 bytes.
    private const int MaxNamespaceBytes = 128;

    // What makes loaders and interpreters run something else than the program that was hashed. LD_… are ld.so(8)'s.
    private static readonly HashSet<string> s_loading = new(StringComparer.Ordinal)
    {
        "BASH_ENV", "CLASSPATH", "DOTNET_ADDITIONAL_DEPS", "DOTNET_STARTUP_HOOKS", "ENV", "GCONV_PATH", "GLIBC_TUNABLES", "JAVA_TOOL_OPTIONS",
        "NODE_OPTIONS", "NODE_PATH", "OPENSSL_CONF", "OPENSSL_MODULES", "PERL5LIB", "PERL5OPT", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "RUBYLIB", "RUBYOPT",
    };

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

        if (string.IsNullOrWhiteSpace(ns.Name))
            Refuse(findings, "namespace.name", "the namespace has no name", "give it one, for example production/signer");
        else if (ns.Name != ns.Name.Trim())
            Warn(findings, "namespace.name", "the name begins or ends with a blank", "leave it out: another manifest without it is another namespace");
        if (Encoding.UTF8.GetByteCount(ns.Name) is > MaxNamespaceBytes and var length)
            Refuse(findings, "namespace.name", $"the name has {length} bytes; at most {MaxNamespaceBytes} are allowed", "choose a shorter one: files are named after it");
        if (VisibleText.NeedsEscape(ns.Name))
            Warn(findings, "namespace.name", $"the name holds invisible characters: {VisibleText.Escape(ns.Name)}", "leave them out: two names would look alike");
        if (!PublicKey.TryParse(ns.QuorumKey.Span, out _))
            Refuse(findings, "namespace.quorumKey", "not a public key", "take the 130 bytes that the genesis gave out");
    }

    private static void CheckPivot(List<LintFinding> findings, PivotConfig pivot)
    {
        if (BootChecks.DescribeBridges(pivot.BridgeConfig) is { } bridge)
        {
            Refuse(findings, "pivot.bridgeConfig", bridge, "no node boots it");
        }
        else
        {
            foreach (BridgeConfig entry in pivot.BridgeConfig)
            {
                if (BridgeAddress.DescribeUnusable(entry) is { } unusable)
                    Refuse(findings, "pivot.bridgeConfig", unusable, "qos-host could not open it");
            }
        }

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
        foreach (string name in pivot.Env.Keys.Where(static name => name.StartsWith("LD_", StringComparison.Ordinal) || s_loading.Contains(name)))
        {
            Warn(
                findings,
                $"pivot.env.{VisibleText.Escape(name)}",
                "the variable makes a program load other code than the one whose hash is approved",
                "leave it out, unless you know what it loads");
        }
    }

    private static void CheckSet(List<LintFinding> findings, MemberSet set, string where, string name)
    {
        string? unsharable = where == "shareSet" ? BootChecks.DescribeShareThreshold(set) : null;
        if ((BootChecks.DescribeThreshold(set, name) ?? unsharable) is { } wrong)
            Refuse(findings, where + ".threshold", wrong, "no node boots it");
        else if (set.Threshold == 1)
            Warn(findings, where + ".threshold", "a single member is enough", "use a threshold of at least 2 for anything of value");
        if (!BootChecks.HasDistinctMembers(set.Members))
            Refuse(findings, where + ".members", "two members share an alias or a point of their keys", "list every member once, with a key of their own");
        if (where == "shareSet" && set.Members.Count > Shamir.MaxShares)
            Refuse(findings, where + ".members", $"{set.Members.Count} members; a key has at most {Shamir.MaxShares} shares", "choose fewer members");
        foreach ((QuorumMember first, QuorumMember second) in LookingAlike(set.Members))
        {
            Warn(
                findings,
                where + ".members",
                $"the aliases {VisibleText.Escape(first.Alias)} and {VisibleText.Escape(second.Alias)} look or read alike",
                "compare the fingerprints of both keys with what the members told you, and choose aliases that differ");
        }

        foreach (QuorumMember member in set.Members)
        {
            if (!PublicKey.TryParse(member.PubKey.Span, out _))
                Refuse(findings, where + ".members", $"the key of {VisibleText.Escape(member.Alias)} is not a public key", "take the member's 130 bytes");
        }
    }

    /// <summary>
    /// Members whose aliases differ, but not to the eye: by case, by the width or form of their letters (Unicode's compatibility forms), by
    /// accents written another way, or by letters of another script that look the same.
    /// </summary>
    private static IEnumerable<(QuorumMember First, QuorumMember Second)> LookingAlike(IReadOnlyList<QuorumMember> members)
    {
        var seen = new Dictionary<string, QuorumMember>(StringComparer.Ordinal);
        foreach (QuorumMember member in members)
        {
            // Plain letters instead of NFKC: the programs carry no Unicode tables (invariant globalization), and this also meets other scripts.
            string plain = member.Alias.Transliterate().Trim().ToUpperInvariant();
            if (!seen.TryAdd(plain, member) && seen[plain].Alias != member.Alias)
                yield return (seen[plain], member);
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
