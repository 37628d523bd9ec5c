namespace Qos.Fleet.Api;

/// <summary>gRPC's codes, as far as the API uses them.</summary>
public enum ApiCode
{
    /// <summary>The request is not of its form.</summary>
    InvalidArgument = 3,

    /// <summary>There is no such thing.</summary>
    NotFound = 5,

    /// <summary>It is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The key may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>Too much, or too often.</summary>
    ResourceExhausted = 8,

    /// <summary>Not in this state.</summary>
    FailedPrecondition = 9,

    /// <summary>Not offered here.</summary>
    Unimplemented = 12,

    /// <summary>The service failed.</summary>
    Internal = 13,

    /// <summary>The service cannot do this now.</summary>
    Unavailable = 14,

    /// <summary>No stamp, an unknown key, or a false signature.</summary>
    Unauthenticated = 16,
}
