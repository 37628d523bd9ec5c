using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A genesis, for people and for machines: above all, in whose hands the key is.</summary>
internal static class GenesisPage
{
    /// <summary>For people.</summary>
    public static void Show(Page page, GenesisOutput output)
    {
        page.Field("quorum key", $"fingerprint {MemberSetDifference.Fingerprint(output.QuorumKey.Span)}");
        page.Field("threshold", string.Create(CultureInfo.InvariantCulture, $"{output.Set.Threshold} of {output.Set.Members.Count}"));
        foreach (QuorumMember member in output.Set.Members)
            page.Field("share for", $"{VisibleText.Name(member.Alias)}, fingerprint {MemberSetDifference.Fingerprint(member.PubKey.Span)}");
        page.Field("recovery key", RecoveryKey(output), output.DrKey is null ? Tone.Plain : Tone.Warning);
    }

    /// <summary>For machines.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="output">The genesis.</param>
    /// <param name="writtenTo">The file or folder.</param>
    /// <param name="comparisons">How it compares with what a member holds; null where nothing is compared.</param>
    public static void WriteJson(Terminal terminal, GenesisOutput output, string writtenTo, IReadOnlyList<PinComparison>? comparisons = null) => JsonResult.Write(terminal, writer =>
    {
        writer.BeginObject();
        writer.Member("quorumKey", output.QuorumKey.Span);
        writer.Member("fingerprint", MemberSetDifference.Fingerprint(output.QuorumKey.Span));
        writer.WritePropertyName("threshold");
        writer.WriteInteger((ulong)output.Set.Threshold);
        writer.WritePropertyName("members");
        writer.BeginArray();
        foreach (QuorumMember member in output.Set.Members)
        {
            writer.BeginObject();
            writer.Member("alias", member.Alias);
            writer.Member("fingerprint", MemberSetDifference.Fingerprint(member.PubKey.Span));
            writer.EndObject();
        }

        writer.EndArray();
        writer.Member("recoveryKey", output.DrKey is { } key ? MemberSetDifference.Fingerprint(key.Span) : null);
        if (comparisons is not null)
        {
            writer.Member("compared", comparisons.Where(static comparison => comparison.IsHeld).Select(static comparison => comparison.Name));
            writer.Member("notCompared", comparisons.Where(static comparison => !comparison.IsHeld).Select(static comparison => comparison.Name));
        }

        writer.Member("out", writtenTo);
        writer.EndObject();
    });

    private static string RecoveryKey(GenesisOutput output) => output.DrKey is { } key
        ? $"fingerprint {MemberSetDifference.Fingerprint(key.Span)}: its owner alone has the whole key"
        : "none";
}
