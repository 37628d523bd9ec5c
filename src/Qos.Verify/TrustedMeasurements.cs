namespace Qos.Verify;

/// <summary>The releases of which an enclave's measurements must match one.</summary>
public sealed class TrustedMeasurements
{
    private TrustedMeasurements(IReadOnlyList<PcrProfile> profiles) => Profiles = profiles;

    /// <summary>Gives the measurements up: an enclave of any image is accepted, and nothing is proven about the code that runs in it.</summary>
    public static TrustedMeasurements Any { get; } = new([]);

    internal IReadOnlyList<PcrProfile> Profiles { get; }

    internal bool IsAny => Profiles.Count == 0;

    /// <summary>One of these releases.</summary>
    /// <exception cref="ArgumentException">There is none, or one of them names no PCR.</exception>
    public static TrustedMeasurements AnyOf(params IReadOnlyList<PcrProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        if (profiles.Count == 0)
            throw new ArgumentException("No measurements are named.", nameof(profiles));
        if (profiles.FirstOrDefault(static profile => profile.Pcrs.Count == 0) is { } empty)
            throw new ArgumentException($"{empty.Name} names no PCR.", nameof(profiles));
        return new([.. profiles]);
    }
}
