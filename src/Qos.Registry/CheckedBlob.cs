using System.Security.Cryptography;

namespace Qos.Registry;

/// <summary>
/// A blob as it arrives: hashed and counted while it is read, refused as soon as it is longer than its descriptor says, and at its end when its
/// digest is another one. What was read is not to be believed before <see cref="DrainAsync"/> returned.
/// </summary>
internal sealed class CheckedBlob(Stream inner, ImageLayer layer) : ArrivingStream(inner)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _read;
    private bool _ended;

    /// <summary>Reads what is left, and checks the digest.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        byte[] rest = new byte[64 * 1024];
        while (await ReadAsync(rest, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = _ended ? 0 : await Inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read > 0)
        {
            _read += read;
            if (_read > layer.Size)
                throw new RegistryException(RegistryError.Untrusted, $"The layer {layer.Digest} is longer than the {layer.Size} bytes that its manifest says.");
            _hash.AppendData(buffer.Span[..read]);
        }
        else if (!_ended && buffer.Length > 0)
        {
            _ended = true;
            if (_read < layer.Size)
                throw new RegistryException(RegistryError.Untrusted, $"The layer {layer.Digest} ends after {_read} bytes; its manifest says {layer.Size}.");
            string digest = "sha256:" + Convert.ToHexStringLower(_hash.GetHashAndReset());
            if (digest != layer.Digest)
                throw new RegistryException(RegistryError.Untrusted, $"The registry gave other bytes than the layer {layer.Digest}: their digest is {digest}.");
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }
}
