using System.Globalization;
using Qos.Nsm;

namespace Qos.Verify;

/// <summary>
/// The time at which certificates must be valid. It is always chosen: enclaves' certificates live for about three hours, so an archived
/// proof is checked at the document's own time. Format: docs/protocol/proofs.md, Verification, step 2.
/// </summary>
public readonly record struct ValidationTime
{
    private readonly DateTimeOffset? _fixed;

    private ValidationTime(bool isDocuments, DateTimeOffset? time) => (IsDocuments, _fixed) = (isDocuments, time);

    /// <summary>The clock's time at the verification.</summary>
    public static ValidationTime Now { get; } = new(false, null);

    /// <summary>The document's own time stamp.</summary>
    public static ValidationTime Document { get; } = new(true, null);

    /// <summary>Whether it is the document's own.</summary>
    public bool IsDocuments { get; }

    /// <summary>The time that the caller named; null when it is the clock's or the document's.</summary>
    public DateTimeOffset? Fixed => _fixed;

    /// <summary>A time that the caller names.</summary>
    public static ValidationTime At(DateTimeOffset time) => new(false, time);

    /// <summary>Reads <c>now</c>, <c>document</c> or seconds since 1970.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ValidationTime Parse(string text) => text switch
    {
        "now" => Now,
        "document" => Document,
        _ => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= 253402300799
            ? At(DateTimeOffset.FromUnixTimeSeconds(seconds))
            : throw new FormatException($"\"{text}\" is not a time: give now, document, or seconds since 1970."),
    };

    /// <summary><c>now</c>, <c>document</c>, or seconds since 1970.</summary>
    public override string ToString() => (IsDocuments, _fixed) switch
    {
        (true, _) => "document",
        (_, { } time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => "now",
    };

    internal DateTimeOffset Resolve(AttestationDocument document, TimeProvider clock) =>
        IsDocuments ? document.Time : _fixed ?? clock.GetUtcNow();
}
