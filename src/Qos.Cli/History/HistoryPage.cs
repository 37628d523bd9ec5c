using System.Globalization;
using Qos.Client;
using Qos.Serialization;

namespace Qos.Cli;

/// <summary>A key's history, for people and for machines.</summary>
internal static class HistoryPage
{
    /// <summary>For people.</summary>
    public static void Show(Page page, KeyHistory history)
    {
        for (int i = 0; i < history.Steps.Count; i++)
        {
            HistoryStep step = history.Steps[i];
            page.Heading(string.Create(CultureInfo.InvariantCulture, $"{i + 1}. {step.Kind}: {step.Source}"));
            page.Field("what", step.Summary);
            if (step.Time is { } time)
                page.Field("when", TimeText(time));
            foreach (HistoryFinding finding in step.Findings)
                page.Field(Word(finding.Outcome), finding.Text, Tone(finding.Outcome));
        }

        page.Heading("Who could ever have held the key");
        foreach (KeyHolder holder in history.Holders)
        {
            page.Field(string.Create(CultureInfo.InvariantCulture, $"since step {holder.Since}"), holder.What);
            foreach (string member in holder.Members)
                page.Field("", member);
        }

        page.Line("Nobody leaves this list: that a share was destroyed is a promise.");
    }

    /// <summary>For machines.</summary>
    public static void WriteJson(Terminal terminal, KeyHistory history) => JsonResult.Write(terminal, writer => Write(writer, history));

    /// <summary>Refuses a history in which something does not hold.</summary>
    /// <exception cref="CeremonyException">The first failure.</exception>
    public static void RequireSound(KeyHistory history)
    {
        for (int i = 0; i < history.Steps.Count; i++)
        {
            if (history.Steps[i].Findings.FirstOrDefault(static finding => finding.Outcome == HistoryOutcome.Fails) is { } failure)
                throw new CeremonyException(string.Create(CultureInfo.InvariantCulture, $"The history does not hold at step {i + 1}, {history.Steps[i].Source}: {failure.Text}"));
        }
    }

    /// <summary>A time to the second, in UTC.</summary>
    private static string TimeText(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>As a JSON value.</summary>
    public static void Write(QosJsonWriter writer, KeyHistory history)
    {
        writer.BeginObject();
        writer.WritePropertyName("sound");
        writer.WriteBool(history.IsSound);
        writer.Member("quorumKey", history.QuorumKey.Span);
        writer.WritePropertyName("steps");
        writer.BeginArray();
        foreach (HistoryStep step in history.Steps)
        {
            writer.BeginObject();
            writer.Member("kind", step.Kind.ToString());
            writer.Member("source", step.Source);
            writer.Member("what", step.Summary);
            writer.Member("when", step.Time is { } time ? TimeText(time) : null);
            writer.WritePropertyName("findings");
            writer.BeginArray();
            foreach (HistoryFinding finding in step.Findings)
            {
                writer.BeginObject();
                writer.Member("outcome", Word(finding.Outcome));
                writer.Member("text", finding.Text);
                writer.EndObject();
            }

            writer.EndArray();
            writer.EndObject();
        }

        writer.EndArray();
        writer.WritePropertyName("couldHaveHeldTheKey");
        writer.BeginArray();
        foreach (KeyHolder holder in history.Holders)
        {
            writer.BeginObject();
            writer.Member("what", holder.What);
            writer.WritePropertyName("sinceStep");
            writer.WriteInteger((ulong)holder.Since);
            writer.Member("members", holder.Members);
            writer.EndObject();
        }

        writer.EndArray();
        writer.EndObject();
    }

    private static string Word(HistoryOutcome outcome) => outcome switch
    {
        HistoryOutcome.Holds => "holds",
        HistoryOutcome.Open => "open",
        _ => "FAILS",
    };

    private static Tone Tone(HistoryOutcome outcome) => outcome switch
    {
        HistoryOutcome.Holds => Cli.Tone.Good,
        HistoryOutcome.Open => Cli.Tone.Warning,
        _ => Cli.Tone.Bad,
    };
}
