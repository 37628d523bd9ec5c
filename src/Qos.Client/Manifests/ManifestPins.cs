using System.Globalization;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// What a member holds from sources of their own. A manifest is compared with it before the member signs its hash or gives a share to an
/// enclave that runs it: whoever wrote the manifest chose the aliases, and an alias alone proves nothing. Format: docs/protocol/host.md, Client files.
/// </summary>
public sealed record ManifestPins
{
    /// <summary>The members that approve.</summary>
    public MemberSet? ManifestSet { get; init; }

    /// <summary>The members that hold shares.</summary>
    public MemberSet? ShareSet { get; init; }

    /// <summary>The quorum key, from the genesis.</summary>
    public PublicKey? QuorumKey { get; init; }

    /// <summary>SHA-256 of the binary.</summary>
    public ReadOnlyMemory<byte>? PivotHash { get; init; }

    /// <summary>Measurements of the enclave by index; only PCR0 to PCR3 are in a manifest.</summary>
    public IReadOnlyDictionary<int, byte[]> Pcrs { get; init; } = new Dictionary<int, byte[]>();

    /// <summary>The root that documents must lead to, DER; AWS's by default. It is always compared.</summary>
    public ReadOnlyMemory<byte> Root { get; init; } = AwsRoot.Der.ToArray();

    /// <summary>The namespace's name.</summary>
    public string? Namespace { get; init; }

    /// <summary>The manifest's hash, 32 bytes, as somebody trusted told it.</summary>
    public ReadOnlyMemory<byte>? ManifestHash { get; init; }

    /// <summary>The namespace's manifest before: the new one is that one, or has a higher nonce.</summary>
    public Manifest? Previous { get; init; }

    /// <summary>Compares every value, the most important first.</summary>
    public IReadOnlyList<PinComparison> Compare(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var comparisons = new List<PinComparison>
        {
            Compare("manifest set", ManifestSet, held => MemberSetDifference.Describe(held, manifest.ManifestSet)),
            Compare("share set", ShareSet, held => MemberSetDifference.Describe(held, manifest.ShareSet)),
            Compare("quorum key", QuorumKey, held => held.Bytes.SequenceEqual(manifest.Namespace.QuorumKey.Span)
                ? null
                : $"its fingerprint is {MemberSetDifference.Fingerprint(manifest.Namespace.QuorumKey.Span)} instead of {MemberSetDifference.Fingerprint(held.Bytes)}"),
            CompareBytes("pivot", PivotHash, manifest.Pivot.Hash),
        };
        ReadOnlyMemory<byte>[] registers = [manifest.Enclave.Pcr0, manifest.Enclave.Pcr1, manifest.Enclave.Pcr2, manifest.Enclave.Pcr3];
        for (int index = 0; index < registers.Length; index++)
        {
            comparisons.Add(CompareBytes(
                string.Create(CultureInfo.InvariantCulture, $"PCR{index}"),
                Pcrs.TryGetValue(index, out byte[]? held) ? held : default(ReadOnlyMemory<byte>?),
                registers[index]));
        }

        // AWS's is as good as the member's: whoever is given the key under it proves more, not less.
        ReadOnlySpan<byte> root = manifest.Enclave.AwsRootCertificate.Span;
        comparisons.Add(Root.Span.SequenceEqual(root) || root.SequenceEqual(AwsRoot.Der)
            ? new PinComparison("root")
            : new PinComparison("root", difference: $"it is {ManifestReview.DescribeRoot(manifest.Enclave.AwsRootCertificate)} instead of {ManifestReview.DescribeRoot(Root)}"));
        comparisons.Add(Compare("namespace", Namespace, held => held == manifest.Namespace.Name
            ? null
            : $"it is {VisibleText.Escape(manifest.Namespace.Name)} instead of {VisibleText.Escape(held)}"));
        comparisons.Add(CompareBytes("manifest hash", ManifestHash, manifest.Hash()));
        comparisons.Add(Compare("manifest before", Previous, held => DescribePrevious(held, manifest)));
        return comparisons;
    }

    /// <summary>Compares every value and refuses a manifest that differs in one.</summary>
    /// <returns>The comparisons, none of which is different.</returns>
    /// <exception cref="CeremonyException">It differs; the message names the first difference and how many others there are.</exception>
    public IReadOnlyList<PinComparison> Require(Manifest manifest)
    {
        IReadOnlyList<PinComparison> comparisons = Compare(manifest);
        PinComparison[] different = [.. comparisons.Where(static comparison => comparison.Difference is not null)];
        if (different.Length == 0)
            return comparisons;
        string others = different.Length == 1 ? "" : $" It also differs in: {string.Join(", ", different[1..].Select(static comparison => comparison.Name))}.";
        throw new CeremonyException($"The manifest is refused: its {different[0].Name} is not the one that you hold: {different[0].Difference}.{others}");
    }

    private static PinComparison Compare<T>(string name, T? held, Func<T, string?> difference)
        where T : class
    {
        if (held is null)
            return new(name, isHeld: false);
        return difference(held) is { } text ? new(name, difference: text) : new(name);
    }

    private static PinComparison CompareBytes(string name, ReadOnlyMemory<byte>? held, ReadOnlyMemory<byte> found)
    {
        if (held is not { } bytes)
            return new(name, isHeld: false);
        return bytes.Span.SequenceEqual(found.Span)
            ? new(name)
            : new(name, difference: $"it is {Convert.ToHexStringLower(found.Span)} instead of {Convert.ToHexStringLower(bytes.Span)}");
    }

    private static string? DescribePrevious(Manifest held, Manifest found)
    {
        if (held.Namespace.Name != found.Namespace.Name)
            return $"that is of the namespace {VisibleText.Escape(held.Namespace.Name)}, this one of {VisibleText.Escape(found.Namespace.Name)}";
        if (found.Namespace.Nonce > held.Namespace.Nonce || held.Hash().AsSpan().SequenceEqual(found.Hash()))
            return null;
        return string.Create(CultureInfo.InvariantCulture, $"the nonce {found.Namespace.Nonce} is not above that one's {held.Namespace.Nonce}");
    }
}
