using Qos.Protocol;

namespace Qos.Node;

/// <summary>The pivot between the manifest's words, the supervisor's and the wire's.</summary>
internal static class PivotLaunches
{
    /// <summary>What an approved manifest has started.</summary>
    internal static PivotLaunch Of(Manifest manifest, string path)
    {
        PivotConfig pivot = manifest.Pivot;
        return new PivotLaunch
        {
            Path = path,
            Sha256 = pivot.Hash,
            Arguments = pivot.Args,
            Environment = [.. pivot.Env],
            RestartAlways = pivot.Restart is RestartPolicy.Always,
            DebugMode = pivot.DebugMode,
            ServerPorts = [.. pivot.BridgeConfig.OfType<BridgeConfig.Server>().Select(bridge => bridge.Port)],
            ClientPorts = [.. pivot.BridgeConfig.OfType<BridgeConfig.Client>().Select(bridge => bridge.Port)],
            Resolvers = manifest.Dns?.Resolvers ?? [],
        };
    }

    /// <summary>The supervisor's status as the wire carries it.</summary>
    internal static PivotReport ReportOf(PivotStatus status) => new(
        status.State switch
        {
            PivotState.Running => PivotActivity.Running,
            PivotState.Restarting => PivotActivity.Restarting,
            PivotState.Exited => PivotActivity.Exited,
            PivotState.Failed => PivotActivity.Failed,
            _ => PivotActivity.Waiting,
        },
        (uint)status.Restarts,
        status.LastExit?.Code,
        status.LastExit?.Signal);
}
