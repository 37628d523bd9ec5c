using System.Text.Json;

namespace Qos.Registry;

/// <summary>Reads OCI and docker manifests and indexes. Specification: OCI image-spec, manifest.md and image-index.md; docker's v2 schema 2.</summary>
internal static class ManifestDocument
{
    /// <summary>What the registry is asked for.</summary>
    public static IReadOnlyList<string> Accepted { get; } =
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    /// <summary>The digest of the manifest for linux/amd64 in an index; null when the document is a manifest itself.</summary>
    /// <exception cref="RegistryException">It is neither, or the index has nothing for linux/amd64.</exception>
    public static string? ChooseFrom(byte[] json) => Read(json, static root =>
    {
        if (!root.TryGetProperty("manifests", out JsonElement manifests))
            return null;
        foreach (JsonElement entry in manifests.EnumerateArray())
        {
            if (entry.TryGetProperty("platform", out JsonElement platform)
                && Text(platform, "os") == "linux" && Text(platform, "architecture") == "amd64"
                && Text(entry, "digest") is { } digest)
                return ImageReference.IsDigest(digest) ? digest : throw Malformed("an index names a digest that is not sha256");
        }

        throw new RegistryException(RegistryError.NotFound, "The image has no variant for linux/amd64.");
    });

    /// <summary>The layers of a manifest.</summary>
    /// <exception cref="RegistryException">It is no manifest, or has more or larger layers than the limits allow.</exception>
    public static IReadOnlyList<ImageLayer> Layers(byte[] json, RegistryLimits limits) => Read(json, root =>
    {
        if (!root.TryGetProperty("layers", out JsonElement entries) || entries.ValueKind != JsonValueKind.Array)
            throw Malformed("the manifest has no layers");
        if (entries.GetArrayLength() > limits.Layers)
            throw new RegistryException(RegistryError.TooLarge, $"The image has {entries.GetArrayLength()} layers; at most {limits.Layers} are read.");
        var layers = new List<ImageLayer>();
        foreach (JsonElement entry in entries.EnumerateArray())
        {
            if (Text(entry, "digest") is not { } digest || !ImageReference.IsDigest(digest))
                throw Malformed("a layer's digest is not sha256");
            if (!entry.TryGetProperty("size", out JsonElement number) || !number.TryGetInt64(out long size) || size < 0)
                throw Malformed("a layer has no size");
            if (size > limits.LayerBytes)
                throw new RegistryException(RegistryError.TooLarge, $"A layer has {size} bytes; at most {limits.LayerBytes} are read.");
            layers.Add(new ImageLayer(Text(entry, "mediaType") ?? "", digest, size));
        }

        return layers;
    });

    private static T Read<T>(byte[] json, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RegistryException(RegistryError.Untrusted, "The registry's manifest is not one: it is not JSON of that form.", e);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static RegistryException Malformed(string what) => new(RegistryError.Untrusted, $"The registry's manifest is not one: {what}.");
}
