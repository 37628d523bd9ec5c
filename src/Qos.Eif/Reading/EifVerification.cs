namespace Qos.Eif;

/// <summary>
/// Whether an image is whole and, if it is signed, signed by the key of its certificate. Format: docs/protocol/eif.md. It says nothing about who made
/// it: for that, compare the measurements with those that were agreed on.
/// </summary>
public sealed class EifVerification
{
    private EifVerification(IReadOnlyList<string> problems) => Problems = problems;

    /// <summary>What is wrong, one line each; empty if the image is valid.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsValid => Problems.Count == 0;

    /// <summary>Checks what was read.</summary>
    /// <param name="image">An image whose form <see cref="EifReader"/> accepted.</param>
    /// <param name="time">When the signing certificate must be valid; null leaves that open.</param>
    public static EifVerification From(EifImage image, DateTimeOffset? time = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        var problems = new List<string>();
        if (image.StatedCrc != image.ComputedCrc)
        {
            problems.Add(
                $"the checksum is {image.ComputedCrc:x8}, the header says {image.StatedCrc:x8} (at byte {EifHeader.CrcOffset}): the file was damaged or changed.");
        }

        if (image.Signature is { } signature && signature.FindProblem(image.Measurements.Pcr0.Span, time) is { } problem)
            problems.Add(problem);
        return new EifVerification(problems);
    }
}
