using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Qos.Control;

/// <summary>What the ingress counts and traces.</summary>
internal sealed class ControlMetrics : IDisposable
{
    public const string Name = "Qos.Control";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _retries;

    public ControlMetrics(IngressTable table)
    {
        _requests = _meter.CreateCounter<long>("qos_ingress_requests_total", description: "Requests to apps, by outcome.");
        _retries = _meter.CreateCounter<long>("qos_ingress_retries_total", description: "Requests that were tried at another replica.");
        _meter.CreateObservableGauge("qos_ingress_destinations", () => table.Apps.Sum(static app => app.Destinations.Count), description: "Ready replicas of live deployments.");
    }

    /// <summary>Traces of requests.</summary>
    public static ActivitySource Source { get; } = new(Name);

    public void Request(bool served) => _requests.Add(1, new KeyValuePair<string, object?>("outcome", served ? "served" : "failed"));

    public void Retry() => _retries.Add(1);

    public void Dispose() => _meter.Dispose();
}
