namespace Qos.Client;

/// <summary>One member in which two manifests differ.</summary>
/// <param name="Path">The member, as in the JSON.</param>
/// <param name="Before">What the first says; null when it does not have the member. Not yet safe to show.</param>
/// <param name="After">What the second says; null when it does not have the member. Not yet safe to show.</param>
public sealed record ManifestDifference(string Path, string? Before, string? After)
{
    /// <summary>All differences, in the order of the manifests' members.</summary>
    public static IReadOnlyList<ManifestDifference> Between(Protocol.Manifest before, Protocol.Manifest after)
    {
        List<ManifestField> left = Fields(before);
        List<ManifestField> right = Fields(after);
        Dictionary<string, string> there = right.ToDictionary(static field => field.Path, Said, StringComparer.Ordinal);
        var differences = new List<ManifestDifference>();
        foreach (ManifestField field in left)
        {
            if (!there.Remove(field.Path, out string? other))
                differences.Add(new(field.Path, Said(field), null));
            else if (other != Said(field))
                differences.Add(new(field.Path, Said(field), other));
        }

        differences.AddRange(right.Where(field => there.ContainsKey(field.Path)).Select(static field => new ManifestDifference(field.Path, null, Said(field))));
        return differences;
    }

    private static List<ManifestField> Fields(Protocol.Manifest manifest) =>
        [.. ManifestReview.Sections(manifest).SelectMany(static section => section.Fields)];

    // A member's alias is its label, and part of what must be the same.
    private static string Said(ManifestField field) =>
        field.Path.Contains("Set.members[", StringComparison.Ordinal) ? $"{field.Label} {field.Value}" : field.Value;
}
