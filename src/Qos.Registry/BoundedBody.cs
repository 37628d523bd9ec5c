namespace Qos.Registry;

/// <summary>Reads a small answer whole, and no more of it than a limit.</summary>
internal static class BoundedBody
{
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, RegistryLimits limits, string host, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > limit)
            throw TooLarge(host, limit);
        Stream raw = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var body = new PatientStream(raw, limits.Patience, host);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            if (bytes.Length + read > limit)
                throw TooLarge(host, limit);
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static RegistryException TooLarge(string host, int limit) =>
        new(RegistryError.TooLarge, $"{host} answers with more than {limit} bytes where a small document belongs.");
}
