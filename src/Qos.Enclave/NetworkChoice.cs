namespace Qos.Enclave;

/// <summary>The network that the pivot lives in.</summary>
internal enum NetworkChoice
{
    /// <summary>Isolated on a machine, where that is permitted; otherwise shared.</summary>
    Automatic,

    /// <summary>A namespace with nothing but a loopback interface, as in an enclave.</summary>
    Isolated,

    /// <summary>This process's own network.</summary>
    Shared,
}
