namespace Qos.Fleet.World;

/// <summary>A clock that stands where a test puts it.</summary>
public sealed class HeldClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
