namespace Qos.Fleet.World;

/// <summary>A clock that stands where a test puts it.</summary>
public sealed class HeldClock : TimeProvider
{
    private static readonly DateTimeOffset s_start = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    public DateTimeOffset Now { get; set; } = s_start;

    public override DateTimeOffset GetUtcNow() => Now;
}
