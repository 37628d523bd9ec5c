namespace Qos.Fleet.Api;

/// <summary>A refusal by the API, or by its client before a request is sent.</summary>
public sealed class ApiException : Exception
{
    /// <summary>A refusal with its gRPC code.</summary>
    public ApiException(ApiCode code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>The gRPC code.</summary>
    public ApiCode Code { get; }
}
