using Qos.Client;
using Qos.Fleet;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Control;

/// <summary>Makes what the service believes from its settings.</summary>
internal static class ServiceTrust
{
    /// <exception cref="ControlException">A file cannot be read.</exception>
    public static FleetTrust Of(ControlSettings settings)
    {
        if (settings.Images.Count == 0)
            throw new ControlException("The settings name no image: there is nothing that the service could boot.");
        try
        {
            return new FleetTrust(
                settings.Root is null ? AwsRoot.Der.ToArray() : TrustAnchorFile.Read(settings.Root),
                [.. settings.Images.Select(static image => new EnclaveImage(image.Version, Measurements(image), image.QosCommit))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CeremonyException)
        {
            throw new ControlException(e.Message, e);
        }
    }

    private static Dictionary<int, byte[]> Measurements(ImageSettings image)
    {
        var pcrs = PcrFile.Read(image.Pcrs).Where(static pcr => pcr.Key <= 3).ToDictionary(static pcr => pcr.Key, static pcr => pcr.Value);
        if (image.RoleArn is { } arn)
            pcrs[3] = Pcr.FromRoleArn(arn);
        return Enumerable.Range(0, 4).FirstOrDefault(index => !pcrs.ContainsKey(index), -1) is >= 0 and var missing
            ? throw new ControlException($"PCR{missing} of the image {image.Version} is missing{(missing == 3 ? ": give its role as roleArn" : "")}.")
            : pcrs;
    }
}
