namespace Qos.Registry;

/// <summary>An image for linux/amd64 whose manifest was read and has the digest that it was asked for by.</summary>
/// <param name="Reference">What was asked for.</param>
/// <param name="Digest">The digest of what the reference names, an index or a manifest: what a deployment is pinned to.</param>
/// <param name="ManifestDigest">The digest of the manifest for linux/amd64, the same when there is no index.</param>
/// <param name="Layers">The layers, the lowest first.</param>
public sealed record ResolvedImage(ImageReference Reference, string Digest, string ManifestDigest, IReadOnlyList<ImageLayer> Layers);
