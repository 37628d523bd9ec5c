using System.Globalization;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A node's status, for people and for machines.</summary>
internal static class NodeStatusResult
{
    /// <summary>For people.</summary>
    public static void Show(Page page, NodeStatus status)
    {
        page.Field("phase", PhaseText.Format(status.Phase), status.Phase switch
        {
            ProtocolPhase.QuorumKeyProvisioned => Tone.Good,
            ProtocolPhase.UnrecoverableError => Tone.Bad,
            _ => Tone.Plain,
        });
        if (status.Shares is { } shares)
        {
            page.Field("shares", string.Create(CultureInfo.InvariantCulture, $"{shares.Received.Count} of {shares.Threshold} needed"));
            foreach (string alias in shares.Received)
                page.Field("  in", alias, Tone.Good);
            foreach (string alias in shares.Missing)
                page.Field("  not in", alias);
        }

        if (status.Pivot is { } pivot)
            page.Field("app", Describe(pivot), pivot.State == PivotState.Failed ? Tone.Bad : Tone.Plain);
    }

    /// <summary>For machines; the members are those of the wire.</summary>
    public static void WriteJson(Terminal terminal, NodeStatus status) => JsonResult.Write(terminal, writer =>
    {
        writer.BeginObject();
        writer.Member("phase", PhaseText.Format(status.Phase));
        if (status.Shares is { } shares)
        {
            writer.Name("shares");
            writer.BeginObject();
            writer.Name("threshold");
            writer.Integer((ulong)shares.Threshold);
            writer.Member("received", shares.Received);
            writer.Member("missing", shares.Missing);
            writer.EndObject();
        }

        if (status.Pivot is { } pivot)
        {
            writer.Name("pivot");
            writer.BeginObject();
            writer.Member("state", NameOf(pivot.State));
            writer.Name("restarts");
            writer.Integer((ulong)pivot.Restarts);
            if (pivot.LastExit is { } exit)
            {
                writer.Name("last_exit");
                writer.BeginObject();
                writer.Name(exit.Signal is null ? "code" : "signal");
                writer.Integer((long)(exit.Signal ?? exit.Code ?? 0));
                writer.EndObject();
            }

            writer.EndObject();
        }

        writer.EndObject();
    });

    private static string Describe(PivotStatus pivot)
    {
        string text = NameOf(pivot.State);
        if (pivot.Restarts > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", restarted {pivot.Restarts} times");
        if (pivot.LastExit is { Signal: { } signal })
            text += string.Create(CultureInfo.InvariantCulture, $", last ended by signal {signal}");
        else if (pivot.LastExit is { Code: { } code })
            text += string.Create(CultureInfo.InvariantCulture, $", last exit code {code}");
        return text;
    }

    private static string NameOf(PivotState state) => state.ToString().ToLowerInvariant();
}
