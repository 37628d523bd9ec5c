using System.Security.Cryptography;

namespace Qos.Registry;

/// <summary>One search for a file: reads layers from the top down, and begins anew where a link leads to.</summary>
internal sealed class FileExtraction(RegistryConnection registry, ResolvedImage image, RegistryLimits limits, Stream output)
{
    public async Task<ExtractedFile> RunAsync(string wanted, CancellationToken cancellationToken)
    {
        string path = wanted;
        int top = image.Layers.Count - 1;
        for (int links = 0; links <= limits.Links; links++)
        {
            (ExtractedFile? file, string? next, int from) = await SearchAsync(path, top, cancellationToken).ConfigureAwait(false);
            if (file is not null)
                return file;
            if (next is null or "")
                throw new RegistryException(RegistryError.NotFound, $"The image has no file /{Shown(path)}{(path == wanted ? "" : $", which /{Shown(wanted)} leads to")}.");
            (path, top) = (next, from);
        }

        throw new RegistryException(RegistryError.Untrusted, $"/{Shown(wanted)} leads through more than {limits.Links} links.");
    }

    private async Task<(ExtractedFile? File, string? Next, int Top)> SearchAsync(string path, int top, CancellationToken cancellationToken)
    {
        var search = new FileSearch(path);
        for (int i = top; i >= 0 && !search.IsHidden; i--)
        {
            search.BeginLayer();
            (ExtractedFile? file, string? hardLink) = await ReadLayerAsync(image.Layers[i], search, path, cancellationToken).ConfigureAwait(false);
            if (search.IsHidden)
                break;

            // A link on the way comes before what stands at the path's own name: the kernel would follow it.
            if (search.Link is { } link)
                return (null, ImagePath.Follow(link.Path, link.Target, path[link.Path.Length..]), image.Layers.Count - 1);
            if (file is not null)
                return (file, null, i);
            if (hardLink is not null)
                return (null, hardLink == path ? null : hardLink, i);
            search.EndLayer();
        }

        return (null, null, 0);
    }

    private async Task<(ExtractedFile? File, string? HardLink)> ReadLayerAsync(ImageLayer layer, FileSearch search, string path, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await registry.GetAsync($"blobs/{layer.Digest}", [], cancellationToken).ConfigureAwait(false);
        Stream raw = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var blob = new CheckedBlob(new PatientStream(raw, limits.Patience, image.Reference.Host), layer);
        ExtractedFile? file = null;
        string? hardLink = null;
        try
        {
            using Stream tar = await LayerCompression.OpenAsync(blob, cancellationToken).ConfigureAwait(false);
            var walker = new TarWalker(tar, limits);
            while (await walker.NextAsync(cancellationToken).ConfigureAwait(false) is { } entry)
            {
                switch (search.See(entry))
                {
                    case FileSearch.Meaning.File:
                        (file, hardLink) = (await TakeAsync(walker, entry, path, cancellationToken).ConfigureAwait(false), null);
                        break;
                    case FileSearch.Meaning.HardLink:
                        (file, hardLink) = (null, ImagePath.Normalize(entry.Link) ?? "");
                        break;
                    default:
                        // Something else took the path's name in this layer.
                        if (entry.Path == path)
                            (file, hardLink) = (null, null);
                        break;
                }
            }

            await walker.FinishAsync(cancellationToken).ConfigureAwait(false);
            await blob.DrainAsync(cancellationToken).ConfigureAwait(false);
            return (file, hardLink);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            // A blob with a false digest is told as such: what it unpacks to says nothing then.
            await blob.DrainAsync(cancellationToken).ConfigureAwait(false);
            throw new RegistryException(RegistryError.Untrusted, $"The layer {layer.Digest} does not unpack: {e.Message}", e);
        }
    }

    private async Task<ExtractedFile> TakeAsync(TarWalker walker, TarEntry entry, string path, CancellationToken cancellationToken)
    {
        if (entry.Size > limits.FileBytes)
            throw new RegistryException(RegistryError.TooLarge, $"/{Shown(path)} has {entry.Size} bytes; at most {limits.FileBytes} are taken.");
        output.SetLength(0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await walker.CopyAsync(
            (piece, token) =>
            {
                hash.AppendData(piece.Span);
                return output.WriteAsync(piece, token);
            },
            cancellationToken).ConfigureAwait(false);
        return new ExtractedFile(hash.GetHashAndReset(), entry.Size, "/" + path);
    }

    private static string Shown(string path) => new([.. path.Take(200).Select(static c => char.IsControl(c) ? '?' : c)]);
}
