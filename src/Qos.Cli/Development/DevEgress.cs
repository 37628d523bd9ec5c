using System.Globalization;
using System.Text.RegularExpressions;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>
/// Says which of the app's connections to the outside failed: those that no manifest's bridge takes, which end inside, and those that the host could not
/// make, which it counts by name.
/// </summary>
/// <param name="plan">What the app may reach.</param>
/// <param name="log">Takes a line when there are more than before.</param>
/// <param name="time">The clock.</param>
internal sealed partial class DevEgress(DevPlan plan, DevLog log, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);

    /// <summary>Looks at the node of the moment, once a second.</summary>
    public async Task WatchAsync(Func<DevNode?> current, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = s_interval };
        (DevNode? node, long before) = (null, 0);
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(s_interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (current() is not { IsReady: true, Ended.IsCompleted: false } now)
                continue;
            if (now != node)
            {
                (node, before) = (now, now.FailedBefore);
                _told.Clear();
            }

            before = TellInside(now.FailedEgress, before);
            if (plan.Egress.Count > 0)
                await TellHostsAsync(http, now, cancellationToken).ConfigureAwait(false);
        }
    }

    private long TellInside(long failed, long before)
    {
        if (failed <= before)
            return before;
        string named = plan.Egress.Count == 0 ? "nothing" : string.Join(", ", plan.Egress.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Host}:{one.Port}")));
        log.Say(string.Create(CultureInfo.InvariantCulture, $"{failed - before} of the app's connections were refused inside: it may reach what --egress NAME:PORT names, now {named}"), Tone.Warning);
        return failed;
    }

    private async Task TellHostsAsync(HttpClient http, DevNode node, CancellationToken cancellationToken)
    {
        string metrics;
        try
        {
            metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{node.HostPort}/metrics"), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return;
        }

        foreach (Match match in Refused().Matches(metrics))
        {
            string name = $"{match.Groups[1].Value}:{match.Groups[2].Value}";
            long refused = long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
            long told = _told.GetValueOrDefault(name);
            _told[name] = refused;
            if (refused > told)
                log.Say(string.Create(CultureInfo.InvariantCulture, $"{refused - told} connections to {VisibleText.Escape(name)} failed at the host: the name is not resolved, or nothing answers there"), Tone.Warning);
        }
    }

    [GeneratedRegex(@"^qos_bridge_refused_total\{[^}]*host=""([^""]*)"",kind=""client"",port=""(\d+)""[^}]*\} (\d+)", RegexOptions.Multiline)]
    private static partial Regex Refused();
}
