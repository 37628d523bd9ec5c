namespace Qos.Fleet;

/// <summary>An enclave image that the service may boot, which deployments name as their <c>qosVersion</c>.</summary>
/// <param name="Version">Its name.</param>
/// <param name="Pcrs">PCR0 to PCR3, 48 bytes each.</param>
/// <param name="QosCommit">What it was built from; a note in manifests.</param>
public sealed record EnclaveImage(string Version, IReadOnlyDictionary<int, byte[]> Pcrs, string QosCommit = "");
