namespace Qos.Init;

/// <summary>The console on 0, 1 and 2. Specification: eif, What init does, 1.</summary>
/// <remarks>
/// The kernel opens it from the image's /dev/console before it starts the first process. Without that, the first files that are opened get these
/// numbers, and what is printed goes into them.
/// </remarks>
internal static class StandardStreams
{
    private const string Console = "/dev/console";

    /// <summary>Makes sure of it.</summary>
    /// <exception cref="BootException">One of them is something else.</exception>
    public static string Check()
    {
        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            string? target = new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
            if (target != Console)
            {
                throw new BootException(
                    $"descriptor {descriptor} is {target ?? "closed"} instead of {Console}: the image's boot ramdisk must hold that device");
            }
        }

        return $"{Console} on 0, 1 and 2";
    }
}
