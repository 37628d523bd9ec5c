using Qos.Nsm;

namespace Qos.Init;

/// <summary>The Nitro Secure Module and the entropy that comes from it. Format: docs/protocol/eif.md, What init does, 3.</summary>
internal static class SecurityModule
{
    private const string Source = "nsm-hwrng";
    private const string SourceFile = "/sys/class/misc/hw_random/rng_current";
    private const string Pool = "/dev/urandom";
    private const string AvailableFile = "/sys/class/misc/hw_random/rng_available";

    /// <summary>Opens the device, and requires a module that answers.</summary>
    /// <exception cref="BootException">There is no module.</exception>
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
        Kernel.Read(SourceFile, "the kernel has no hardware generator of random numbers"),
        Kernel.Read(AvailableFile, "the kernel has no hardware generator of random numbers"));

    internal static string CheckEntropy(string current, string available) => current == Source
        ? $"entropy from {Source}"
        : throw new BootException($"the hardware generator is '{current}' and must be {Source} (the kernel offers: '{available}')");

    /// <summary>
    /// Mixes random bytes of the module into the kernel's pool. The kernel does so itself, from a thread of its own, whenever that comes to it;
    /// no key shall be made before.
    /// </summary>
    /// <exception cref="BootException">The module gives none, or the kernel takes none.</exception>
    public static string AddKernelEntropy(INsm device) => AddKernelEntropy(device, Pool);

    internal static string AddKernelEntropy(INsm device, string pool)
    {
        try
        {
            if (device.Send(new NsmRequest.GetRandom()) is not NsmResponse.GetRandom { Random: { IsEmpty: false } random })
                throw new BootException($"{NsmDevice.DefaultPath} gives no random bytes");
            using FileStream file = new(pool, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(random.Span);
            return $"{random.Length} random bytes of the module are in the pool";
        }
        catch (Exception e) when (e is NsmException or IOException or UnauthorizedAccessException)
        {
            throw new BootException($"no random bytes of the module came into {pool}: {e.Message}");
        }
    }

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
