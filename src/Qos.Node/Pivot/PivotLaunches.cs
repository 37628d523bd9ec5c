using Qos.Protocol;

namespace Qos.Node;

/// <summary>The pivot from the manifest's words to the supervisor's.</summary>
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
            Resolvers = manifest.Dns?.Resolvers,
        };
    }
}
