namespace Qos.Transport;

/// <summary>How a host talks to its enclave.</summary>
public sealed record EnclavePoolOptions
{
    /// <summary>How many requests may be at the enclave at once; further ones wait within their deadline.</summary>
    public int MaxConnections { get; init; } = 32;

    /// <summary>How long a request may take, from waiting for a connection to the end of its response.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>An unused connection older than this is replaced; it should lie below the enclave's own idle limit.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The limits of each connection. Here the idle limit bounds how long the enclave may think.</summary>
    public FrameLimits Limits { get; init; } = FrameLimits.Default;
}
