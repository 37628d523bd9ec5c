namespace Qos.Sample.Echo;

/// <summary>A request that the server does not take; the connection ends with the refusal.</summary>
public sealed class HttpRefusedException : Exception
{
    /// <summary>Makes the exception from the status to answer and the reason to give.</summary>
    public HttpRefusedException(int status, string reason)
        : base(reason) => Status = status;

    /// <summary>The status to answer.</summary>
    public int Status { get; }
}
