namespace Qos.Client;

/// <summary>How a step of a key's history stands.</summary>
public enum HistoryOutcome
{
    /// <summary>It was compared and holds.</summary>
    Holds,

    /// <summary>What was given does not show it; a person must know it from elsewhere.</summary>
    Open,

    /// <summary>It does not hold.</summary>
    Fails,
}
