using System.Net;
using Qos.Client;
using Qos.Protocol;

namespace Qos.EndToEnd.Local;

/// <summary>The body of a boot request in any form, written while it is sent.</summary>
public sealed class BootContent(ManifestEnvelope envelope, BootRequestForm form, byte[] pivot) : HttpContent
{
    private readonly BootRequestWriter _writer = new(envelope, form, pivot.Length);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        _writer.WriteAsync(stream, new MemoryStream(pivot, writable: false));

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _writer.TotalLength;
        return true;
    }
}
