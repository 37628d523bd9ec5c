namespace Qos.Fleet;

/// <summary>A replica's document does not hold: what its host claims is not believed. The message names the first check that failed.</summary>
public sealed class DocumentRefusedException : Exception
{
    /// <summary>Says which check failed, and how.</summary>
    public DocumentRefusedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
