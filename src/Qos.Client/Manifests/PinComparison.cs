namespace Qos.Client;

/// <summary>One value that a member holds, compared with the one that came.</summary>
/// <param name="name">What it is: "manifest set".</param>
/// <param name="isHeld">Whether the member holds such a value; otherwise nothing was compared.</param>
/// <param name="difference">In what they differ, safe to show; null when they do not.</param>
public sealed class PinComparison(string name, bool isHeld = true, string? difference = null)
{
    /// <summary>What it is: "manifest set".</summary>
    public string Name => name;

    /// <summary>Whether the member holds such a value; otherwise nothing was compared.</summary>
    public bool IsHeld => isHeld;

    /// <summary>In what they differ, safe to show; null when they do not.</summary>
    public string? Difference => difference;

    /// <summary>Whether both are there and the same.</summary>
    public bool IsSame => IsHeld && Difference is null;
}
