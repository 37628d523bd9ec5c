using System.Globalization;
using Qos.Protocol;
using Qos.Serialization;

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
                page.Field("received", alias, Tone.Good);
            foreach (string alias in shares.Missing)
                page.Field("missing", alias);
        }

        if (status.Pivot is { } pivot)
            page.Field("app", Describe(pivot), pivot.State == PivotState.Failed ? Tone.Bad : Tone.Plain);
        foreach (BridgeStatus bridge in status.Pivot?.Bridges ?? [])
        {
            string name = $"{(bridge.IsServer ? "server" : "client")}:{bridge.Port}";
            page.Field("bridge", bridge.Problem is null ? $"{name} open" : $"{name} {bridge.Problem}", bridge.Problem is null ? Tone.Plain : Tone.Bad);
        }
    }

    /// <summary>For machines; the members are those of the wire.</summary>
    public static void WriteJson(Terminal terminal, NodeStatus status) => JsonResult.Write(terminal, writer =>
    {
        writer.BeginObject();
        writer.Member("phase", PhaseText.Format(status.Phase));
        if (status.Shares is { } shares)
        {
            writer.WritePropertyName("shares");
            writer.BeginObject();
            writer.WritePropertyName("threshold");
            writer.WriteInteger((ulong)shares.Threshold);
            writer.Member("received", shares.Received);
            writer.Member("missing", shares.Missing);
            writer.EndObject();
        }

        if (status.Pivot is { } pivot)
        {
            writer.WritePropertyName("pivot");
            writer.BeginObject();
            writer.Member("state", NameOf(pivot.State));
            writer.WritePropertyName("restarts");
            writer.WriteInteger((ulong)pivot.Restarts);
            if (pivot.LastExit is { } exit)
            {
                writer.WritePropertyName("last_exit");
                writer.BeginObject();
                writer.WritePropertyName(exit.Signal is null ? "code" : "signal");
                writer.WriteInteger((long)(exit.Signal ?? exit.Code ?? 0));
                writer.EndObject();
            }

            if (pivot.Reason is { } reason)
                writer.Member("reason", reason);
            if (pivot.Bridges.Count > 0)
                WriteBridges(writer, pivot.Bridges);

            writer.EndObject();
        }

        writer.EndObject();
    });

    /// <summary>The app's state in words, with how it last ended and why it does not start.</summary>
    public static string Describe(PivotStatus pivot)
    {
        string text = NameOf(pivot.State);
        if (pivot.Restarts > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", restarted {pivot.Restarts} times");
        if (pivot.LastExit is { } exit)
            text += $", last {exit}";
        return pivot.Reason is { } reason ? $"{text}: {reason}" : text;
    }

    private static void WriteBridges(QosJsonWriter writer, IReadOnlyList<BridgeStatus> bridges)
    {
        writer.WritePropertyName("bridges");
        writer.BeginArray();
        foreach (BridgeStatus bridge in bridges)
        {
            writer.BeginObject();
            writer.Member("type", bridge.IsServer ? "server" : "client");
            writer.WritePropertyName("port");
            writer.WriteInteger((ulong)bridge.Port);
            if (bridge.Problem is { } problem)
                writer.Member("problem", problem);
            writer.EndObject();
        }

        writer.EndArray();
    }

    private static string NameOf(PivotState state) => state.ToString().ToLowerInvariant();
}
