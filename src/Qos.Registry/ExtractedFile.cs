namespace Qos.Registry;

/// <summary>A file that was taken out of an image; every layer that was read has its digest.</summary>
/// <param name="Sha256">SHA-256 of its bytes.</param>
/// <param name="Length">How many they are.</param>
/// <param name="Path">Where it was found, after all links.</param>
public sealed record ExtractedFile(byte[] Sha256, long Length, string Path);
