namespace Qos.Client;

/// <summary>One thing that a manifest says, in words for a reviewer.</summary>
/// <param name="Path">The member, as in the JSON: <c>pivot.args[0]</c>.</param>
/// <param name="Label">What a reader calls it.</param>
/// <param name="Value">The value as it is: not yet safe to show on a terminal.</param>
/// <param name="Fingerprint">Of a public key, whose value is too long to compare by eye: its SHA-256. Null for anything else.</param>
public sealed record ManifestField(string Path, string Label, string Value, string? Fingerprint = null);
