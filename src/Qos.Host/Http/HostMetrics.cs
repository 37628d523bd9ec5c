using System.Globalization;
using System.Text;
using Qos.Host.Bridges;

namespace Qos.Host.Http;

/// <summary>Counts what the HTTP API did, for <c>/metrics</c>.</summary>
internal sealed class HostMetrics
{
    private long _messages;
    private long _messageBytes;
    private long _oversized;
    private long _enclaveFailures;
    private long _healthChecks;

    /// <summary>A message was passed on whole, with the length of its body in bytes.</summary>
    public void MessagePassed(long bytes)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _messageBytes, bytes);
    }

    /// <summary>A message was longer than <see cref="HostOptions.MaxMessageBytes"/>.</summary>
    public void MessageOversized() => Interlocked.Increment(ref _oversized);

    /// <summary>The enclave could not be reached or did not answer.</summary>
    public void EnclaveFailed() => Interlocked.Increment(ref _enclaveFailures);

    /// <summary>Somebody asked for the enclave's health.</summary>
    public void HealthChecked() => Interlocked.Increment(ref _healthChecks);

    /// <summary>Writes the counters in Prometheus' text form, version 0.0.4.</summary>
    public string ToPrometheusText(IEnumerable<BridgeReading> bridges, bool? enclaveReachable)
    {
        var text = new StringBuilder(1024);
        Family(text, "qos_host_messages_total", "counter", "Protocol messages passed to the enclave.");
        Sample(text, "qos_host_messages_total", "", Interlocked.Read(ref _messages));
        Family(text, "qos_host_message_bytes_total", "counter", "Bytes of protocol messages passed to the enclave.");
        Sample(text, "qos_host_message_bytes_total", "", Interlocked.Read(ref _messageBytes));
        Family(text, "qos_host_messages_oversized_total", "counter", "Protocol messages refused for their size.");
        Sample(text, "qos_host_messages_oversized_total", "", Interlocked.Read(ref _oversized));
        Family(text, "qos_host_enclave_failures_total", "counter", "Requests that the enclave could not be asked.");
        Sample(text, "qos_host_enclave_failures_total", "", Interlocked.Read(ref _enclaveFailures));
        Family(text, "qos_host_health_checks_total", "counter", "Requests for the enclave's health.");
        Sample(text, "qos_host_health_checks_total", "", Interlocked.Read(ref _healthChecks));
        if (enclaveReachable is { } reachable)
        {
            Family(text, "qos_enclave_reachable", "gauge", "1 if the enclave answered the last question, else 0.");
            Sample(text, "qos_enclave_reachable", "", reachable ? 1 : 0);
        }

        BridgeReading[] readings = [.. bridges];
        BridgeFamily(text, readings, "qos_bridge_connections_open", "gauge", "Connections that a bridge carries now.", r => r.Open);
        BridgeFamily(text, readings, "qos_bridge_connections_total", "counter", "Connections that a bridge accepted.", r => r.Total);
        BridgeFamily(text, readings, "qos_bridge_refused_total", "counter", "Connections that a bridge could not carry.", r => r.Refused);
        BridgeFamily(text, readings, "qos_bridge_to_enclave_bytes_total", "counter", "Bytes carried towards the enclave.", r => r.BytesIn);
        BridgeFamily(text, readings, "qos_bridge_from_enclave_bytes_total", "counter", "Bytes carried from the enclave.", r => r.BytesOut);
        return text.ToString();
    }

    private static void BridgeFamily(
        StringBuilder text, BridgeReading[] readings, string name, string type, string help, Func<BridgeReading, long> value)
    {
        if (readings.Length == 0)
            return;

        Family(text, name, type, help);
        foreach (BridgeReading reading in readings)
            Sample(text, name, string.Create(CultureInfo.InvariantCulture, $"{{port=\"{reading.Port}\"}}"), value(reading));
    }

    private static void Family(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Sample(StringBuilder text, string name, string labels, long value) =>
        text.Append(name).Append(labels).Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
