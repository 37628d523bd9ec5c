namespace Qos.Registry;

/// <summary>One layer as a manifest describes it.</summary>
/// <param name="MediaType">Its type, which names the compression.</param>
/// <param name="Digest"><c>sha256:</c> and hex, over the bytes as they are transferred.</param>
/// <param name="Size">Bytes as they are transferred.</param>
public sealed record ImageLayer(string MediaType, string Digest, long Size);
