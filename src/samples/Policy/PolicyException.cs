namespace Qos.Sample.Policy;

/// <summary>A request that is refused: an HTTP status and one line.</summary>
public sealed class PolicyException(int status, string message) : Exception(message)
{
    /// <summary>The status.</summary>
    public int Status => status;
}
