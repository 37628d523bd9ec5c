using System.Globalization;

namespace Qos.Init;

/// <summary>What the kernel counts time by. The validity of other nodes' documents is judged by this machine's clock.</summary>
internal static class ClockSource
{
    private const string Current = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

    /// <summary>Says which it is, and whether it is one that keeps its rate: the hypervisor's, or the processor's counter.</summary>
    /// <remarks>An emulated machine has neither; its time is as coarse and as good as its timer interrupts, which is no reason to stop.</remarks>
    /// <exception cref="BootException">The kernel does not say.</exception>
    public static string Check() => Describe(
        KernelFile.Read(Current, "the kernel does not say what it counts time by"), TimeProvider.System.GetUtcNow());

    internal static string Describe(string current, DateTimeOffset now) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"clock source {current}, {now:yyyy-MM-ddTHH:mm:ssZ}{(current is "kvm-clock" or "tsc" ? "" : "; warning: neither kvm-clock nor tsc, so this is no Nitro machine and its time may drift")}");
}
