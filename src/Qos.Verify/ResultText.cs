using System.Globalization;
using System.Text;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>A result for people: a line for each check, what differs below it, and the verdict.</summary>
public static class ResultText
{
    private const int NameWidth = 26;

    /// <summary>Writes it; control characters that came from outside are escaped.</summary>
    public static string Of(VerificationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var text = new StringBuilder();
        foreach (Check check in result.Checks)
            Append(text, check);

        int failed = result.Checks.Count(static check => check.Outcome is CheckOutcome.Failed);
        int notRun = result.Checks.Count(static check => check.Outcome is CheckOutcome.NotRun);
        text.Append(result.IsValid ? "VALID" : $"REFUSED: {failed} of {result.Checks.Count} checks failed");
        if (notRun > 0)
            text.Append(CultureInfo.InvariantCulture, $", {notRun} could not run");
        if (!result.IsAwsRoot)
            text.Append($" (under a root that is not AWS's: {result.RootSha256})");
        return text.Append('\n').ToString();
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
}
