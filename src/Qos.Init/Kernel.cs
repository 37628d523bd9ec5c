using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Init;

/// <summary>What the kernel says of the machine: its clock, its memory, its context identifier.</summary>
internal static class Kernel
{
    private const string ClockSource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    private const string VsockDevice = "/dev/vsock";
    private const uint NoTransport = uint.MaxValue;
    private const uint Loopback = 1;
    private const int KibibytesPerMebibyte = 1024;

    /// <summary>Reads a file of one line or a few by which the kernel says what it is, without the line's end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="without">What it means that it is not there.</param>
    /// <exception cref="BootException">It cannot be read.</exception>
    public static string Read(string path, string without)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"{path} cannot be read, {without}: {e.Message}");
        }
    }

    /// <summary>
    /// Says what the kernel counts time by, and whether that keeps its rate: the hypervisor's clock, or the processor's counter. It is for
    /// log lines and time-outs only; the validity of documents is judged by NSM's time.
    /// </summary>
    /// <remarks>An emulated machine has neither; its time is as coarse and as good as its timer interrupts, which is no reason to stop.</remarks>
    /// <exception cref="BootException">The kernel does not say.</exception>
    public static string DescribeClock() =>
        DescribeClock(Read(ClockSource, "the kernel does not say what it counts time by"), TimeProvider.System.GetUtcNow());

    internal static string DescribeClock(string current, DateTimeOffset now) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"clock source {current}, {now:yyyy-MM-ddTHH:mm:ssZ}{(current is "kvm-clock" or "tsc" ? "" : "; warning: neither kvm-clock nor tsc, so this is no Nitro machine and its time may drift")}");

    /// <summary>Says in one line how much memory the machine uses, from /proc/meminfo.</summary>
    /// <exception cref="BootException">The kernel does not say.</exception>
    public static string DescribeMemory() => DescribeMemory(Read("/proc/meminfo", "the kernel does not say how much memory there is"));

    internal static string DescribeMemory(string meminfo)
    {
        long total = Kibibytes(meminfo, "MemTotal"), available = Kibibytes(meminfo, "MemAvailable");
        return $"memory: {(total - available) / KibibytesPerMebibyte} MiB used, {available / KibibytesPerMebibyte} MiB available of {total / KibibytesPerMebibyte} MiB";
    }

    /// <summary>Reads the machine's own context identifier. Format: docs/protocol/eif.md, What init does, 5.</summary>
    /// <exception cref="BootException">The kernel has no vsock, or the machine has no such device.</exception>
    public static unsafe uint ReadContextIdentifier()
    {
        uint cid;
        try
        {
            using SafeFileHandle device = File.OpenHandle(VsockDevice, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (LibC.ioctl(device, LibC.IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) != 0)
                throw new BootException($"{VsockDevice} does not say the context identifier: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"{VsockDevice} cannot be opened, the kernel has no vsock: {e.Message}");
        }

        return cid is not (NoTransport or Loopback)
            ? cid
            : throw new BootException("the machine has no vsock device: no host could reach it");
    }

    private static long Kibibytes(string meminfo, string name)
    {
        foreach (string line in meminfo.Split('\n'))
        {
            string[] words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words is [{ } key, { } value, "kB"] && key == name && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes))
                return kibibytes;
        }

        throw new BootException($"/proc/meminfo has no line {name}");
    }
}
