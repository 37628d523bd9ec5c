namespace Qos.Fleet;

/// <summary>What the service believes documents by.</summary>
/// <param name="Root">The root certificate, DER: AWS's, or a simulator's.</param>
/// <param name="Images">The enclave images, the newest last.</param>
public sealed record FleetTrust(ReadOnlyMemory<byte> Root, IReadOnlyList<EnclaveImage> Images)
{
    /// <summary>The image of a name; null when the service has none.</summary>
    public EnclaveImage? Find(string version) => Images.FirstOrDefault(image => image.Version == version);
}
