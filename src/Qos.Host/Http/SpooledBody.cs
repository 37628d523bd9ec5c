namespace Qos.Host.Http;

/// <summary>
/// A body whose length nobody announced. The enclave's frames begin with a length, so it is collected first: a little in
/// memory, more in a file without a name that vanishes with its descriptor.
/// </summary>
internal sealed class SpooledBody : IAsyncDisposable
{
    private const int InMemory = 1024 * 1024;
    private const int Piece = 64 * 1024;

    private SpooledBody(Stream content) => Content = content;

    /// <summary>The body, at its beginning.</summary>
    public Stream Content { get; }

    /// <summary>Its length in bytes.</summary>
    public long Length => Content.Length;

    /// <summary>Collects a body.</summary>
    /// <exception cref="BadHttpRequestException">It is longer than <see cref="HostOptions.MaxMessageBytes"/> (status 413).</exception>
    public static async Task<SpooledBody> ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        Stream content = new MemoryStream();
        try
        {
            byte[] piece = new byte[Piece];
            int read;
            while ((read = await source.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (content.Length + read > HostOptions.MaxMessageBytes)
                    throw new BadHttpRequestException("oversize", StatusCodes.Status413PayloadTooLarge);
                if (content is MemoryStream memory && content.Length + read > InMemory)
                {
                    content = OpenFile();
                    memory.WriteTo(content);
                    await memory.DisposeAsync().ConfigureAwait(false);
                }

                await content.WriteAsync(piece.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            content.Position = 0;
            return new SpooledBody(content);
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();

    private static FileStream OpenFile() => new(
        Path.Combine(Path.GetTempPath(), $"qos-host-{Guid.NewGuid():N}"),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
}
