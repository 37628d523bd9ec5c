using System.Net;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>The body of a boot request, written around the pivot's file so that the pivot is never held.</summary>
internal sealed class BootRequestContent : HttpContent
{
    private readonly BootRequestWriter _writer;
    private readonly Stream _pivot;
    private readonly IProgress<(long Sent, long Total)>? _progress;

    public BootRequestContent(ManifestEnvelope envelope, Stream pivot, BootRequestForm form, IProgress<(long Sent, long Total)>? progress)
    {
        _writer = new BootRequestWriter(envelope, form, pivot.Length);
        _pivot = pivot;
        _progress = progress;
        Headers.ContentType = new("application/octet-stream");
    }

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        Stream target = _progress is null ? stream : new CountingStream(stream, sent => _progress.Report((sent, _writer.TotalLength)));
        await _writer.WriteAsync(target, _pivot).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _writer.TotalLength;
        return true;
    }
}
