using System.Globalization;

namespace Qos.Init;

/// <summary>How much memory the machine uses, from /proc/meminfo.</summary>
internal static class MemoryUse
{
    private const int KibibytesPerMebibyte = 1024;

    /// <summary>Says it in one line.</summary>
    /// <exception cref="BootException">The kernel does not say.</exception>
    public static string Read() => Describe(KernelFile.Read("/proc/meminfo", "the kernel does not say how much memory there is"));

    internal static string Describe(string meminfo)
    {
        long total = Kibibytes(meminfo, "MemTotal"), available = Kibibytes(meminfo, "MemAvailable");
        return $"memory: {(total - available) / KibibytesPerMebibyte} MiB used, {available / KibibytesPerMebibyte} MiB available of {total / KibibytesPerMebibyte} MiB";
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
