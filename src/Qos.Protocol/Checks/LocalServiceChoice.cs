namespace Qos.Protocol;

/// <summary>
/// Whether a manifest has its enclave open the app's local service. Only V2 can say it, by a variable of <c>pivot.env</c>, because the format has no member of its own for it.
/// Format: docs/service.md, On and off.
/// </summary>
public static class LocalServiceChoice
{
    /// <summary>The variable. Without it the service is on.</summary>
    public const string Variable = "QOS_SERVICE";

    private const string On = "on";

    /// <summary>The choice of a manifest. Any value but <c>on</c> is off, and so are V1 and V0, whose approvers could not choose.</summary>
    public static bool IsOn(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.Version == ManifestVersion.V2 && (!manifest.Pivot.Env.TryGetValue(Variable, out string? value) || value == On);
    }
}
