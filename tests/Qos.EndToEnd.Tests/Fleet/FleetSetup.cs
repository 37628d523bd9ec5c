using System.Text.Json.Nodes;
using Qos.EndToEnd.Local;

namespace Qos.EndToEnd.Fleet;

/// <summary>What a fleet is started with.</summary>
public sealed record FleetSetup
{
    /// <summary>How many services share the database.</summary>
    public int Services { get; init; } = 1;

    /// <summary>The database; a file of its own when left out.</summary>
    public string? Database { get; init; }

    /// <summary>The image's measurements; made up when left out.</summary>
    public string? Pcrs { get; init; }

    /// <summary>Changes the services' settings.</summary>
    public Action<JsonObject> Settings { get; init; } = static _ => { };

    /// <summary>The executable in the image.</summary>
    public string Program { get; init; } = Programs.Find("qos-sample-echo");

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = ["--port", "3000", "--qos-dir", "/run/qos-node"];
}
