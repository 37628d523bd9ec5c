namespace Qos.Client;

/// <summary>What a step of a key's history is.</summary>
public enum HistoryStepKind
{
    /// <summary>The key was made.</summary>
    Genesis,

    /// <summary>An app was allowed to hold it.</summary>
    Manifest,

    /// <summary>It was split anew for another set.</summary>
    Reshare,

    /// <summary>Shares were shown to make it.</summary>
    Drill,
}
