namespace Qos.AppService;

/// <summary>A request that is not answered as it was meant: a status, and one line that says what to change. It holds nothing of a body.</summary>
internal sealed class HttpRefusal(int status, string message) : Exception(message)
{
    internal int Status => status;

    /// <summary>For 405: the method that the path takes.</summary>
    internal string? Allow { get; init; }
}
