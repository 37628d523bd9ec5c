using System.Security.Cryptography;

namespace Qos.Registry;

/// <summary>
/// Takes one file out of an image in a registry. The registry is believed nothing: every byte that is used is hashed on the way from a digest that
/// the caller has, memory does not grow with the image, and everything has a limit. Specification: OCI distribution-spec 1.1.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly RegistryOptions _options;

    /// <summary>Prepares to speak with registries.</summary>
    public RegistryClient(RegistryOptions? options = null)
    {
        _options = options ?? new RegistryOptions();
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = _options.Limits.Patience,
            MaxResponseHeadersLength = 64,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("qos-registry/1");
    }

    /// <summary>Reads the image's manifest, for linux/amd64.</summary>
    /// <exception cref="RegistryException">There is none, or it is not what its digest says.</exception>
    public async Task<ResolvedImage> ResolveAsync(ImageReference image, RegistryCredentials credentials, CancellationToken cancellationToken = default)
    {
        using Deadline deadline = new(_options, image.Host, cancellationToken);
        return await deadline.RunAsync(token => ResolveAsync(Connect(image, credentials), image, token)).ConfigureAwait(false);
    }

    /// <summary>Finds a file in an image and writes it to a stream, which must be empty and able to seek: a candidate that is replaced is written over.</summary>
    /// <param name="image">What <see cref="ResolveAsync(ImageReference, RegistryCredentials, CancellationToken)"/> gave.</param>
    /// <param name="path">The file's path in the image.</param>
    /// <param name="credentials">For the registry.</param>
    /// <param name="output">Gets the file. What is in it counts only when this call returns.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RegistryException">There is no such file, or the registry lies.</exception>
    public async Task<ExtractedFile> ExtractAsync(
        ResolvedImage image, string path, RegistryCredentials credentials, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(output);
        string wanted = ImagePath.Normalize(path) is { Length: > 0 } normal
            ? normal
            : throw new RegistryException(RegistryError.Reference, "The file's path in the image must be a path without '..', for example /app/server.");
        using Deadline deadline = new(_options, image.Reference.Host, cancellationToken);
        return await deadline.RunAsync(token => new FileExtraction(Connect(image.Reference, credentials), image, _options.Limits, output).RunAsync(wanted, token)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private RegistryConnection Connect(ImageReference image, RegistryCredentials credentials) => new(_http, image, credentials, _options);

    private async Task<ResolvedImage> ResolveAsync(RegistryConnection registry, ImageReference image, CancellationToken cancellationToken)
    {
        (byte[] top, string digest) = await ManifestAsync(registry, image.Host, image.Name, image.Digest, cancellationToken).ConfigureAwait(false);
        if (ManifestDocument.ChooseFrom(top) is not { } chosen)
            return new ResolvedImage(image, digest, digest, ManifestDocument.Layers(top, _options.Limits));
        (byte[] manifest, _) = await ManifestAsync(registry, image.Host, chosen, chosen, cancellationToken).ConfigureAwait(false);
        return new ResolvedImage(image, digest, chosen, ManifestDocument.Layers(manifest, _options.Limits));
    }

    private async Task<(byte[] Json, string Digest)> ManifestAsync(
        RegistryConnection registry, string host, string name, string? expected, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await registry.GetAsync($"manifests/{name}", ManifestDocument.Accepted, cancellationToken).ConfigureAwait(false);
        byte[] json = await BoundedBody.ReadAsync(response, _options.Limits.ManifestBytes, _options.Limits, host, cancellationToken).ConfigureAwait(false);
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(json));
        return expected is null || digest == expected
            ? (json, digest)
            : throw new RegistryException(RegistryError.Untrusted, $"{host} gave another manifest than {expected}: its digest is {digest}.");
    }

    /// <summary>The time that all requests for one image may take together.</summary>
    private sealed class Deadline : IDisposable
    {
        private readonly CancellationTokenSource _time;
        private readonly CancellationTokenSource _both;
        private readonly string _complaint;

        public Deadline(RegistryOptions options, string host, CancellationToken cancellationToken)
        {
            _time = new CancellationTokenSource(options.Limits.Deadline, options.Time);
            _both = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, cancellationToken);
            _complaint = $"The image did not come from {host} within {options.Limits.Deadline.TotalSeconds:0} s.";
        }

        public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> run)
        {
            try
            {
                return await run(_both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (_time.IsCancellationRequested)
            {
                throw new RegistryException(RegistryError.Unavailable, _complaint, e);
            }
        }

        public void Dispose()
        {
            _both.Dispose();
            _time.Dispose();
        }
    }
}
