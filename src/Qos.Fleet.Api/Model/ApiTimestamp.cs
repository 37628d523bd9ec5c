using System.Globalization;

namespace Qos.Fleet.Api;

/// <summary>A time as the API has it: two numbers as text.</summary>
/// <param name="Seconds">Seconds since 1970.</param>
/// <param name="Nanos">Nanoseconds of that second.</param>
public sealed record ApiTimestamp(string Seconds, string Nanos)
{
    /// <summary>A time in that form, to the millisecond.</summary>
    public static ApiTimestamp Of(DateTimeOffset time) => new(
        time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        (time.Millisecond * 1_000_000L).ToString(CultureInfo.InvariantCulture));

    /// <summary>The time; the beginning of 1970 when it is none.</summary>
    public DateTimeOffset ToTime() =>
        long.TryParse(Seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) && seconds is >= -62135596800 and <= 253402300799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.UnixEpoch;
}
