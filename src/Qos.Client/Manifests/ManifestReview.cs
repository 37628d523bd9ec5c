using System.Globalization;
using System.Security.Cryptography;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// A manifest as a reviewer reads it: section by section, every member of it once, with findings. Format: docs/protocol/host.md, Client files;
/// manifest, "Ours, when a manifest is made, shown or approved".
/// </summary>
public static class ManifestReview
{
    /// <summary>All sections in the manifest's order.</summary>
    public static IReadOnlyList<ManifestSection> Sections(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var sections = new List<ManifestSection>
        {
            new("Namespace", Namespace(manifest)),
            new("Pivot", Pivot(manifest.Pivot)),
            new("Manifest set: who approves", Set("manifestSet", manifest.ManifestSet)),
            new("Share set: who holds shares of the quorum key", Set("shareSet", manifest.ShareSet)),
            new("Enclave", Enclave(manifest.Enclave)),
        };
        if (manifest.Dns is { } dns)
        {
            // Without one it says something else than a manifest without the member, and has another hash.
            sections.Add(new("DNS", dns.Resolvers.Count == 0
                ? [new ManifestField("dns.resolvers", "resolvers", "none: the app has no name servers")]
                : [.. dns.Resolvers.Select(static (address, i) => new ManifestField(Indexed("dns.resolvers", i), "resolver", AddressText.Format(address)))]));
        }

        if (manifest.PatchSet is { } patch)
            sections.Add(new("Patch set: nothing uses it", Patch(patch)));
        return sections;
    }

    /// <summary>Looks a manifest through, also against the one before.</summary>
    /// <exception cref="CeremonyException"><paramref name="previous"/> is of another namespace.</exception>
    public static IReadOnlyList<LintFinding> Lint(Manifest manifest, Manifest? previous = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (previous is not null && previous.Namespace.Name != manifest.Namespace.Name)
        {
            throw new CeremonyException(
                $"The previous manifest is of the namespace {VisibleText.Escape(previous.Namespace.Name)}, "
                + $"this one of {VisibleText.Escape(manifest.Namespace.Name)}: they have nothing to do with each other.");
        }

        return ManifestLint.Check(manifest, previous?.Namespace.Nonce);
    }

    /// <summary>Refuses a manifest with a finding that refuses it.</summary>
    /// <exception cref="CeremonyException">There is one; the message is the first.</exception>
    public static void RequireAcceptable(IReadOnlyList<LintFinding> findings)
    {
        if (findings.FirstOrDefault(static finding => finding.Severity == LintSeverity.Refused) is { } refused)
            throw new CeremonyException($"The manifest is refused: {refused}.");
    }

    private static List<ManifestField> Namespace(Manifest manifest) =>
    [
        new("version", "version", manifest.Version.ToString().ToLowerInvariant()),
        new("namespace.name", "name", manifest.Namespace.Name),
        new("namespace.nonce", "nonce", manifest.Namespace.Nonce.ToString(CultureInfo.InvariantCulture)),
        Key("namespace.quorumKey", "quorum key", manifest.Namespace.QuorumKey),
    ];

    private static List<ManifestField> Pivot(PivotConfig pivot)
    {
        List<ManifestField> fields =
        [
            new("pivot.hash", "SHA-256", Hex(pivot.Hash)),
            new("pivot.restart", "restart", pivot.Restart == RestartPolicy.Always ? "Always" : "Never"),
            new("pivot.debugMode", "debug mode", pivot.DebugMode ? "yes: its output can be read outside" : "no"),
        ];
        fields.AddRange(pivot.BridgeConfig.Select(static (bridge, i) =>
            new ManifestField(Indexed("pivot.bridgeConfig", i), "bridge", BridgeText.Format(bridge))));
        fields.AddRange(pivot.Args.Select(static (arg, i) => new ManifestField(Indexed("pivot.args", i), "argument", arg)));
        fields.AddRange(pivot.Env.Select(static variable =>
            new ManifestField($"pivot.env.{variable.Key}", "environment", $"{variable.Key}={variable.Value}")));
        return fields;
    }

    private static List<ManifestField> Set(string path, MemberSet set) =>
    [
        new(path + ".threshold", "threshold", string.Create(CultureInfo.InvariantCulture, $"{set.Threshold} of {set.Members.Count}")),
        .. set.Members.Select((member, i) => Key(Indexed(path + ".members", i), member.Alias, member.PubKey)),
    ];

    private static List<ManifestField> Enclave(EnclaveConfig enclave) =>
    [
        new("enclave.pcr0", "PCR0", Hex(enclave.Pcr0)),
        new("enclave.pcr1", "PCR1", Hex(enclave.Pcr1)),
        new("enclave.pcr2", "PCR2", Hex(enclave.Pcr2)),
        new("enclave.pcr3", "PCR3", Hex(enclave.Pcr3)),
        new("enclave.awsRootCertificate", "root", DescribeRoot(enclave.AwsRootCertificate)),
        new("enclave.qosCommit", "QOS commit", enclave.QosCommit),
    ];

    private static List<ManifestField> Patch(PatchSet set) =>
    [
        new("patchSet.threshold", "threshold", string.Create(CultureInfo.InvariantCulture, $"{set.Threshold} of {set.Members.Count}")),
        .. set.Members.Select(static (key, i) => Key(Indexed("patchSet.members", i), "member", key)),
    ];

    /// <summary>A root certificate in words: AWS's, or another's hash.</summary>
    internal static string DescribeRoot(ReadOnlyMemory<byte> der) => der.Span.SequenceEqual(AwsRoot.Der)
        ? "AWS Nitro Enclaves Root-G1"
        : $"not AWS's but a certificate with SHA-256 {Convert.ToHexStringLower(SHA256.HashData(der.Span))}";

    private static ManifestField Key(string path, string label, ReadOnlyMemory<byte> key) =>
        new(path, label, Hex(key), MemberSetDifference.Fingerprint(key.Span));

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    private static string Indexed(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
}
