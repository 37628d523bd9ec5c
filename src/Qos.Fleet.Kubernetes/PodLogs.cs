using System.Globalization;
using k8s;

namespace Qos.Fleet.Kubernetes;

/// <summary>What a replica's app wrote, out of its pod's log.</summary>
internal static class PodLogs
{
    private const int MaxBytes = 4 << 20;

    public static async Task<IReadOnlyList<LogLine>> ReadAsync(IKubernetes client, string pod, KubernetesRunnerOptions options, int tailLines, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        string container = options.SimulatorAuthority is null ? PodView.HostContainer : "enclave";
        Stream log = await client.CoreV1.ReadNamespacedPodLogAsync(pod, options.Namespace, container, limitBytes: MaxBytes, tailLines: tailLines, timestamps: true, cancellationToken: cancellationToken).ConfigureAwait(false);
        var lines = new List<LogLine>();
        using var reader = new StreamReader(log);
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            DateTimeOffset? at = space > 0 && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
            if (since is null || at is null || at >= since)
                lines.Add(new LogLine(at is null ? line : line[(space + 1)..], at));
        }

        return lines;
    }
}
