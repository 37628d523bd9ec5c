using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Qos.Host;

/// <summary>
/// How the app in the enclave is asked whether it is well: <c>http:PORT/PATH</c>, healthy with a status of 2xx, or <c>grpc:PORT[/SERVICE]</c>,
/// healthy when <c>grpc.health.v1.Health/Check</c> says SERVING. The port is one of a <c>server</c> bridge of the manifest.
/// </summary>
/// <param name="IsGrpc">Whether it speaks gRPC.</param>
/// <param name="Port">The manifest's port.</param>
/// <param name="Path">The path with its slash, or the service's name, which may be empty.</param>
internal sealed record AppCheckTarget(bool IsGrpc, ushort Port, string Path)
{
    /// <summary>Reads the text form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AppCheckTarget? target)
    {
        target = null;
        bool grpc = text.StartsWith("grpc:", StringComparison.Ordinal);
        if (!grpc && !text.StartsWith("http:", StringComparison.Ordinal))
            return false;
        string rest = text[5..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string port = slash < 0 ? rest : rest[..slash];
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) || number == 0)
            return false;
        string path = slash < 0 ? "" : rest[slash..];
        if (path.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || (!grpc && path.Length == 0))
            return false;
        target = new AppCheckTarget(grpc, number, grpc ? path.TrimStart('/') : path);
        return true;
    }

    /// <summary>The text form.</summary>
    public override string ToString() => IsGrpc
        ? string.Create(CultureInfo.InvariantCulture, $"grpc:{Port}{(Path.Length > 0 ? "/" + Path : "")}")
        : string.Create(CultureInfo.InvariantCulture, $"http:{Port}{Path}");
}
