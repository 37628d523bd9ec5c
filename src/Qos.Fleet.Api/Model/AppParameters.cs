namespace Qos.Fleet.Api;

/// <summary>Names an app.</summary>
public sealed record AppParameters
{
    /// <summary>The app.</summary>
    public required string AppId { get; init; }
}
