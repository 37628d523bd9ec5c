using System.Runtime.CompilerServices;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>A test that runs inside of a cluster, which <see cref="InAClusterTests"/> starts for all of them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!IsInside)
            Skip = "runs inside the cluster of InAClusterTests";
    }

    public static bool IsInside => Environment.GetEnvironmentVariable("CLUSTER_DIR") is not null;
}
