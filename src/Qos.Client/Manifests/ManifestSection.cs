namespace Qos.Client;

/// <summary>A part of a manifest that is reviewed and approved at once.</summary>
/// <param name="Title">Its name for a reader.</param>
/// <param name="Fields">What it says; nothing of the manifest is left out.</param>
public sealed record ManifestSection(string Title, IReadOnlyList<ManifestField> Fields);
