using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node status</c></summary>
internal sealed class NodeStatusCommand : QosCommand
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly HostOption _host = new();
    private readonly Option<bool> _require = new("--require") { Description = "Exit status 1 unless the node has its quorum key, its app runs and its bridges are open." };

    private readonly Option<int?> _wait = StandardOptions.Seconds(
        "--wait", "Ask for at most this many seconds until that is so; exit status 1 when it is not, and at once when it cannot be any more.");

    private readonly Option<bool> _json = StandardOptions.Json();

    public NodeStatusCommand()
        : base(
            "status",
            "Show a node's phase, whose shares are missing, and how its app does.",
            "qos node status --host http://127.0.0.1:3001",
            "qos node status --host http://127.0.0.1:3001 --wait 60") =>
        Take(_host.Option, _require, _wait, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        using NodeClient node = _host.Open(parsed);
        TimeSpan wait = TimeSpan.FromSeconds(parsed.GetValue(_wait) ?? 0);
        long start = terminal.Time.GetTimestamp();
        (NodeStatus? status, string? problem) = await AskAsync(node, wait > TimeSpan.Zero, cancellationToken);
        while (problem is not null && wait > TimeSpan.Zero && !(status is not null && IsFinal(status)) && terminal.Time.GetElapsedTime(start) < wait)
        {
            await Task.Delay(s_pause, terminal.Time, cancellationToken);
            (status, problem) = await AskAsync(node, mayFail: true, cancellationToken);
        }

        if (status is not null && parsed.GetValue(_json))
            NodeStatusResult.WriteJson(terminal, status);
        else if (status is not null)
            NodeStatusResult.Show(terminal.Page, status);
        if (problem is not null && (status is null || wait > TimeSpan.Zero || parsed.GetValue(_require)))
            throw new CeremonyException(problem);
    }

    /// <summary>Why a node does not serve, or null when it does.</summary>
    public static string? DescribeProblem(NodeStatus status)
    {
        if (status.Phase != ProtocolPhase.QuorumKeyProvisioned)
            return $"the node is in phase {PhaseText.Format(status.Phase)}";
        if (status.Pivot is not { } pivot)
            return null;
        if (pivot.State != PivotState.Running)
            return $"the app is {NodeStatusResult.Describe(pivot)}";
        return pivot.Bridges.FirstOrDefault(static bridge => bridge.Problem is not null) is { } closed
            ? $"the bridge of port {closed.Port} is not open: {closed.Problem}"
            : null;
    }

    private static bool IsFinal(NodeStatus status) =>
        status.Phase is ProtocolPhase.UnrecoverableError or ProtocolPhase.GenesisBooted || status.Pivot is { State: PivotState.Failed or PivotState.Exited };

    private static async Task<(NodeStatus? Status, string? Problem)> AskAsync(NodeClient node, bool mayFail, CancellationToken cancellationToken)
    {
        try
        {
            NodeStatus status = await node.StatusAsync(cancellationToken);
            return (status, DescribeProblem(status));
        }
        catch (Exception e) when (mayFail && e is CeremonyException or ProtocolException)
        {
            return (null, e.Message);
        }
    }
}
