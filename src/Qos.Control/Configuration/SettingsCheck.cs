using System.Globalization;
using System.Net;
using Qos.Client;

namespace Qos.Control;

/// <summary>What settings say that cannot be, found before anything is made or started by them.</summary>
internal static class SettingsCheck
{
    // A century: what a clock can add to today.
    private const double MostHours = 24 * 366 * 100;
    private const int MostRequests = 1_000_000;

    /// <summary>What is wrong, with the member's name and without its full stop; null when nothing is.</summary>
    public static string? Problem(ControlSettings settings) =>
        Listen("listen", settings.Listen) ?? Encrypted("listen", settings.Listen, settings.Certificate)
        ?? Listen("ingress.listen", settings.Ingress.Listen) ?? Encrypted("ingress.listen", settings.Ingress.Listen, settings.Ingress.Certificate)
        ?? Both(settings)
        ?? Number("requestsPerSecond", settings.RequestsPerSecond, 1, MostRequests) ?? Number("retentionHours", settings.RetentionHours, 0, MostHours)
        ?? Number("ingress.maxBody", settings.Ingress.MaxBody, 0, long.MaxValue)
        ?? Ports("runner.firstPort", settings.Runner.FirstPort, "runner.lastPort", settings.Runner.LastPort)
        ?? Ports("ingress.firstTcpPort", settings.Ingress.FirstTcpPort, "ingress.lastTcpPort", settings.Ingress.LastTcpPort)
        ?? (Uri.CheckHostName(settings.Ingress.Domain) == UriHostNameType.Dns ? null : $"ingress.domain, '{settings.Ingress.Domain}', is no domain, for example apps.example.com")
        ?? (settings.OpenTelemetry is null || (Uri.TryCreate(settings.OpenTelemetry, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
            ? null
            : $"openTelemetry, '{settings.OpenTelemetry}', is no URL of a collector, for example http://127.0.0.1:4317")
        ?? Texts("plainRegistries", settings.PlainRegistries) ?? Texts("runner.kubernetes.pullSecrets", settings.Runner.Kubernetes?.PullSecrets)
        ?? Images(settings.Images);

    /// <summary>What is wrong with where to listen.</summary>
    public static string? Listen(string member, string url)
    {
        try
        {
            ControlServer.ListenAddress(url);
            return null;
        }
        catch (ControlException e)
        {
            return $"{member}: {e.Message.TrimEnd('.')}";
        }
    }

    private static string? Encrypted(string member, string url, CertificateSettings? certificate) =>
        url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && certificate is null
            ? $"{member} is {url}, and there is no certificate for it"
            : null;

    private static string? Both(ControlSettings settings)
    {
        IPEndPoint api = ControlServer.ListenAddress(settings.Listen);
        return api.Port != 0 && api.Equals(ControlServer.ListenAddress(settings.Ingress.Listen)) ? $"listen and ingress.listen are both {api}: API and apps have a port each" : null;
    }

    private static string? Number(string member, double value, double least, double most) => value >= least && value <= most
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{member}, {value}, is not from {least} to {most}");

    private static string? Ports(string first, int from, string last, int to) =>
        Number(first, from, 1, IPEndPoint.MaxPort) ?? Number(last, to, 1, IPEndPoint.MaxPort) ?? (from <= to ? null : $"{first}, {from}, is above {last}, {to}");

    private static string? Texts(string member, IReadOnlyList<string>? texts) => texts?.Any(string.IsNullOrWhiteSpace) == true ? $"an entry of {member} is empty" : null;

    private static string? Images(IReadOnlyList<ImageSettings> images)
    {
        var versions = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < images.Count; i++)
        {
            if (images[i] is not { Version.Length: > 0 } image)
                return $"images[{i}] has no version";
            if (!versions.Add(image.Version))
                return $"images[{i}]: there is an image '{image.Version}' already";
            if (image.RoleArn is { } arn && RoleArn.Describe(arn) is { } complaint)
                return $"images[{i}].roleArn {complaint}";
        }

        return null;
    }
}
