using System.Globalization;
using System.Security.Cryptography;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A reshare or a drill, for people: above all, in whose hands the key is and will be.</summary>
internal static class ResharePage
{
    /// <summary>What every person who has a part in it must know.</summary>
    public const string OldSharesRemain =
        "New shares do not undo old ones: a threshold of the old set can make the key for as long as they keep their shares. Destroying them is a promise ('qos share destroy').";

    /// <summary>A request, and how it compares with what the person holds.</summary>
    public static void Show(Page page, ReshareRequest request, IReadOnlyList<PinComparison> comparisons)
    {
        Show(page, request);
        foreach (PinComparison comparison in comparisons)
            page.Field(comparison.Name, comparison.IsHeld ? "the same as what you hold" : $"not compared{Measured(request, comparison.Name)}", comparison.IsHeld ? Tone.Good : Tone.Warning);
    }

    /// <summary>A request.</summary>
    public static void Show(Page page, ReshareRequest request)
    {
        page.Heading(request.IsDrill ? "A drill: do the shares still make the key?" : "A reshare: new shares of the same key");
        page.Field("request hash", Convert.ToHexStringLower(ReshareFormat.Hash(request)));
        page.Field("nonce", request.Nonce.ToString(CultureInfo.InvariantCulture));
        page.Field("quorum key", $"fingerprint {MemberSetDifference.Fingerprint(request.QuorumKey.Span)}");
        page.Field(request.IsDrill ? "threshold" : "old threshold", Threshold(request.From));
        foreach (QuorumMember member in request.From.Members)
            page.Field("holds a share", Name(member) + (request.To is { } set && !set.Members.Contains(member) ? ": gets no new one" : ""));
        if (request.To is not { } to)
            return;
        page.Field("new threshold", Threshold(to));
        foreach (QuorumMember member in to.Members)
            page.Field("new share for", Name(member) + (request.From.Members.Contains(member) ? "" : ": new"));
        page.Field(
            "recovery key",
            request.RecoveryKey is { } key ? $"fingerprint {MemberSetDifference.Fingerprint(key.Span)}: its owner alone has the whole key" : "none",
            request.RecoveryKey is null ? Tone.Plain : Tone.Warning);
    }

    /// <summary>How far a node is.</summary>
    public static void Show(Page page, ReshareState state)
    {
        if (state.Output is { } output)
        {
            ShowContributors(page, output);
            return;
        }

        MemberSet from = state.Envelope.Request.From;
        page.Field("shares", string.Create(CultureInfo.InvariantCulture, $"{state.Received.Count} of {from.Threshold}"));
        foreach (QuorumMember member in state.Received)
            page.Field("share of", member.Alias);
        foreach (QuorumMember member in from.Members.Except(state.Received))
            page.Field("missing", member.Alias);
    }

    /// <summary>Whose shares made the key.</summary>
    public static void ShowContributors(Page page, ReshareOutput output)
    {
        page.Field("output hash", OutputHash(output));
        foreach (QuorumMember member in output.Contributors)
            page.Field("share of", Name(member));
    }

    /// <summary>What everybody who takes a share compares with the others.</summary>
    public static string OutputHash(ReshareOutput output) => Convert.ToHexStringLower(SHA256.HashData(ReshareFormat.Write(output)));

    // What nobody compares must at least be seen.
    private static string Measured(ReshareRequest request, string name) =>
        name.StartsWith("PCR", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < request.Pcrs.Count
            ? $": {Convert.ToHexStringLower(request.Pcrs[index].Span)}"
            : "";

    private static string Threshold(MemberSet set) => string.Create(CultureInfo.InvariantCulture, $"{set.Threshold} of {set.Members.Count}");

    private static string Name(QuorumMember member) => $"{VisibleText.Name(member.Alias)}, fingerprint {MemberSetDifference.Fingerprint(member.PubKey.Span)}";
}
