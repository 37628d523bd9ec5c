using System.Globalization;
using System.Text;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>
/// A result for people: a line for each check, the values that differ below it, what was proven, and the verdict with the name of the
/// deployment that it holds for. Whatever came from outside is escaped.
/// </summary>
internal static class ResultText
{
    private const int NameWidth = 26;
    private const int FactWidth = 16;

    public static string Write(VerificationResult result)
    {
        var text = new StringBuilder();
        foreach (Check check in result.Checks)
            Append(text, check);
        if (result.Proven is { } proven)
        {
            text.Append("proven\n");
            Append(text, proven);
        }

        text.Append(Verdict(result));
        if (!result.IsAwsRoot)
            text.Append($" (under a root that is not AWS's: {result.RootSha256})");
        return text.Append('\n').ToString();
    }

    private static string Verdict(VerificationResult result)
    {
        int notRun = result.Checks.Count(static check => check.Outcome is CheckOutcome.NotRun);
        if (result.Proven is not { } proven)
        {
            string refused = $"REFUSED: {result.Failures.Count()} of {result.Checks.Count} checks failed";
            return notRun > 0 ? string.Create(CultureInfo.InvariantCulture, $"{refused}, {notRun} could not run") : refused;
        }

        string subject = proven switch
        {
            { Manifest: { } manifest } =>
                $"{VisibleText.Escape(manifest.Namespace.Name)}, nonce {manifest.Namespace.Nonce}, quorum key {PivotText.Fingerprint(manifest.Namespace.QuorumKey)}",
            { Document: { } document } => $"a document of the module {VisibleText.Escape(document.ModuleId)}",
            _ => "a signature alone, not for where its key lives",
        };
        string[] waived = [.. result.Waivers.Select(static check => check.Name)];
        return waived.Length == 0 ? $"VALID for {subject}" : $"VALID for {subject}; waived: {string.Join(", ", waived)}";
    }

    private static void Append(StringBuilder text, Check check)
    {
        string mark = check.Outcome switch
        {
            CheckOutcome.Passed => "ok     ",
            CheckOutcome.Failed => "FAILED ",
            CheckOutcome.NotRun => "not run",
            CheckOutcome.Waived => "waived ",
            _ => "-      ",
        };
        text.Append(mark).Append("  ").Append(check.Name.PadRight(NameWidth));
        if (check.Detail is { } detail)
            text.Append("  ").Append(VisibleText.Escape(detail));
        text.Append('\n');
        if (check.Outcome is CheckOutcome.Passed or CheckOutcome.NotRun)
            return;

        if (check.Expected is { } expected)
            text.Append("           expected ").Append(VisibleText.Escape(expected)).Append('\n');
        if (check.Actual is { } actual)
            text.Append("           found    ").Append(VisibleText.Escape(actual)).Append('\n');
    }

    private static void Append(StringBuilder text, ProvenFacts proven)
    {
        if (proven.Manifest is { } manifest)
            Append(text, manifest);
        if (proven.Approvers.Count > 0)
            Fact(text, "approved by", string.Join(", ", proven.Approvers.Select(static member => $"{VisibleText.Name(member.Alias)} {PivotText.Fingerprint(member.PubKey)}")));
        if (proven.Document is { } document)
            Append(text, document, isManifests: proven.Manifest is not null);
        if (proven.EphemeralKey is { } key)
            Fact(text, "ephemeral key", Hex(key));
        if (proven.Payload is { } payload)
            Fact(text, "payload", payload);
    }

    private static void Append(StringBuilder text, Manifest manifest)
    {
        Fact(text, "namespace", manifest.Namespace.Name);
        Fact(text, "nonce", manifest.Namespace.Nonce.ToString(CultureInfo.InvariantCulture));
        Fact(text, "manifest hash", Hex(manifest.Hash()));
        Fact(text, "quorum key", Hex(manifest.Namespace.QuorumKey));
        Fact(text, "  fingerprint", PivotText.Fingerprint(manifest.Namespace.QuorumKey));
        Fact(text, "pivot hash", Hex(manifest.Pivot.Hash));
        Fact(text, "arguments", PivotText.Arguments(manifest.Pivot.Args));
        Fact(text, "environment", PivotText.Environment(manifest.Pivot.Env));
        Fact(text, "bridges", PivotText.Bridges(manifest.Pivot.BridgeConfig));
        Fact(text, "restart", manifest.Pivot.Restart.ToString());
        Fact(text, "debug mode", manifest.Pivot.DebugMode ? "yes: the app's output can be read outside" : "no");
        if (manifest.Dns is { } dns)
            Fact(text, "name servers", string.Join(", ", dns.Resolvers));
        Fact(text, "manifest set", PivotText.Set(manifest.ManifestSet));
        Fact(text, "share set", PivotText.Set(manifest.ShareSet));
    }

    private static void Append(StringBuilder text, AttestationDocument document, bool isManifests)
    {
        Fact(text, "module", document.ModuleId);
        Fact(text, "made at", $"{document.Time:u}");

        // PCR16 and PCR17 are commitments, which have a check of their own; the ones above are not used.
        int last = isManifests ? 3 : int.MaxValue;
        foreach ((int index, ReadOnlyMemory<byte> value) in document.Pcrs.Where(pcr => pcr.Key <= last && (isManifests || pcr.Value.Span.ContainsAnyExcept((byte)0))).OrderBy(static pcr => pcr.Key))
            Fact(text, string.Create(CultureInfo.InvariantCulture, $"PCR{index}"), Hex(value));
        if (isManifests)
            return;
        if (document.UserData is { } userData)
            Fact(text, "user data", Hex(userData));
        if (document.Nonce is { } nonce)
            Fact(text, "nonce", Hex(nonce));
    }

    private static void Fact(StringBuilder text, string label, string value) =>
        text.Append("  ").Append(label.PadRight(FactWidth)).Append(' ').Append(VisibleText.Escape(value)).Append('\n');

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
