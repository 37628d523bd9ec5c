using Qos.Nsm;

namespace Qos.Init;

/// <summary>The Nitro Secure Module and the entropy that comes from it. Specification: eif, What init does, 3.</summary>
internal static class SecurityModule
{
    private const string Source = "nsm-hwrng";
    private const string SourceFile = "/sys/class/misc/hw_random/rng_current";
    private const string AvailableFile = "/sys/class/misc/hw_random/rng_available";

    /// <summary>Opens the device; a module that does not answer is none.</summary>
    /// <exception cref="BootException">There is none.</exception>
    public static NsmDevice Open(out string said)
    {
        try
        {
            var device = new NsmDevice();
            said = device.Send(new NsmRequest.DescribeNsm()) is NsmResponse.DescribeNsm module
                ? $"{NsmDevice.DefaultPath}: module {module.ModuleId}, {module.LockedPcrs.Count} of {module.MaxPcrs} PCRs locked"
                : throw new BootException($"{NsmDevice.DefaultPath} does not describe itself");
            return device;
        }
        catch (NsmException e)
        {
            throw new BootException(e.Message);
        }
    }

    /// <summary>Makes sure that the kernel's hardware generator is the module's: no enclave without hardware entropy.</summary>
    /// <exception cref="BootException">It is another one.</exception>
    public static string CheckEntropy() => CheckEntropy(
        KernelFile.Read(SourceFile, "the kernel has no hardware generator of random numbers"),
        KernelFile.Read(AvailableFile, "the kernel has no hardware generator of random numbers"));

    internal static string CheckEntropy(string current, string available) => current == Source
        ? $"entropy from {Source}"
        : throw new BootException($"the hardware generator is '{current}' and must be {Source} (the kernel offers: '{available}')");

    /// <summary>What was booted, as the module has it; in debug mode, in which the parent reads this console, that is zeros.</summary>
    /// <exception cref="BootException">The module does not say.</exception>
    public static string DescribeMeasurement(INsm device, ushort index)
    {
        if (device.Send(new NsmRequest.DescribePcr(index)) is not NsmResponse.DescribePcr pcr)
            throw new BootException($"{NsmDevice.DefaultPath} does not describe PCR{index}");
        return pcr.Data.Span.ContainsAnyExcept((byte)0)
            ? $"PCR{index} {Convert.ToHexStringLower(pcr.Data.Span)}"
            : $"PCR{index} is zero: in debug mode a machine's documents prove nothing";
    }
}
