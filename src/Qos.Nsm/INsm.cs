namespace Qos.Nsm;

/// <summary>
/// A Nitro Secure Module: the device of an enclave, or the simulator. Calls are synchronous and may come from several threads.
/// Format: docs/protocol/nsm.md, Device.
/// </summary>
public interface INsm
{
    /// <summary>Sends one request and waits for its answer; a refusal is <see cref="NsmResponse.Error"/>.</summary>
    /// <exception cref="NsmException">The module could not be reached, or its answer is not one.</exception>
    NsmResponse Send(NsmRequest request);
}
