using System.Text.RegularExpressions;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>What a run shows: the app's lines on the output, everything else on the error stream.</summary>
internal sealed partial class DevLog(Terminal terminal)
{
    private readonly Lock _gate = new();

    /// <summary>Something of ours.</summary>
    public void Say(string message, Tone tone = Tone.Plain)
    {
        lock (_gate)
            terminal.ErrorPage.Line($"qos dev: {message}", tone);
    }

    /// <summary>
    /// A line of a program or of a machine's console: what the app printed is shown as it is, what the enclave or the host warns of without its time, and
    /// everything else not at all.
    /// </summary>
    public void Line(string program, string line)
    {
        if (line.StartsWith("pivot: ", StringComparison.Ordinal))
        {
            lock (_gate)
                terminal.Output.WriteLine(line["pivot: ".Length..]);
        }
        else if (Warning().Match(line) is { Success: true } warning)
        {
            string message = warning.Groups[1].Value;
            Say(message.StartsWith("pivot ", StringComparison.Ordinal) ? "the app " + message["pivot ".Length..] : $"{program}: {VisibleText.Escape(message)}", Tone.Warning);
        }
    }

    /// <summary>A line of standard error: warnings as above, and what a program that cannot run complains of.</summary>
    public void Complaint(string program, string line)
    {
        if (Time().IsMatch(line))
            Line(program, line);
        else
            Say(VisibleText.Escape(line), Tone.Bad);
    }

    // As the enclave's log has it; and of the host's what is about bridges: that it waits for an enclave that is just being started is no news.
    [GeneratedRegex(@"^[0-9T:.-]{23}Z (?:(?:warning|error|critical)|(?:warn|fail|crit): qos-host\[(?:5|8|9|11)\]) (.*)")]
    private static partial Regex Warning();

    [GeneratedRegex(@"^[0-9T:.-]{23}Z ")]
    private static partial Regex Time();
}
