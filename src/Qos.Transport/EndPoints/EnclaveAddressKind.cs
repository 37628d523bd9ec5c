namespace Qos.Transport;

/// <summary>By what an enclave is reached.</summary>
public enum EnclaveAddressKind
{
    /// <summary>Unix sockets in place of vsock, for an enclave that is a process on this machine.</summary>
    Unix,

    /// <summary>A vsock context identifier.</summary>
    Vsock,

    /// <summary>The Unix socket of a vhost-user vsock back end, which is told the port with <c>CONNECT port</c>.</summary>
    VhostUser,
}
