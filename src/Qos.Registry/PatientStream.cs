using System.Net.Sockets;

namespace Qos.Registry;

/// <summary>A body as it arrives, of which every read has a limited time.</summary>
internal sealed class PatientStream(Stream inner, TimeSpan patience, string host) : ArrivingStream(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(patience);
        try
        {
            return await Inner.ReadAsync(buffer, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RegistryException(RegistryError.Unavailable, $"{host} sent nothing for {patience.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is HttpIOException or IOException or HttpRequestException or SocketException)
        {
            throw new RegistryException(RegistryError.Unavailable, $"{host} broke off: {e.Message}", e);
        }
    }
}
