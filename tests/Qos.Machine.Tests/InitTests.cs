using System.Diagnostics;
using Qos.Init;
using Qos.Native;
using Qos.Nsm;
using Qos.Simulator;
using Tmds.Linux;

namespace Qos.Machine.Tests;

/// <summary>The duties of the first process, as far as they can be seen without a machine of one's own.</summary>
public sealed class InitTests
{
    [Fact]
    public void A_line_has_the_seconds_since_boot_as_the_kernel_writes_them()
    {
        var lines = new List<string>();
        new BootLog(lines.Add).Say(Stopwatch.Frequency * 3 / 2, "lo is up");
        Assert.Equal(["[    1.500000] init: lo is up"], lines);
    }

    [Fact]
    public void Nothing_that_is_mounted_gives_rights_or_runs_programs_and_devices_are_in_dev_alone()
    {
        Assert.All(Mounts.All, static mount => Assert.NotEqual((nuint)0, mount.Flags & LibC.MS_NOSUID));
        Assert.All(Mounts.All, static mount => Assert.NotEqual((nuint)0, mount.Flags & LibC.MS_NOEXEC));
        Assert.Equal(["/dev", "/dev/pts"], Mounts.All.Where(static mount => (mount.Flags & LibC.MS_NODEV) == 0).Select(static mount => mount.Target));
        Assert.Equal(["/sys"], Mounts.All.Where(static mount => (mount.Flags & LibC.MS_RDONLY) != 0).Select(static mount => mount.Target));
    }

    [Fact]
    public void Every_folder_to_mount_on_is_there_before()
    {
        var there = new HashSet<string>(["/"], StringComparer.Ordinal);
        foreach (Mounts.Mount mount in Mounts.All)
        {
            Assert.Contains(Path.GetDirectoryName(mount.Target)!, there);
            there.Add(mount.Target);
        }
    }

    [Theory]
    [InlineData("virtio_rng.0", "virtio_rng.0 nsm-hwrng")]
    [InlineData("none", "")]
    [InlineData("", "")]
    public void Other_entropy_than_the_module_s_is_refused(string current, string available)
    {
        string message = Assert.Throws<BootException>(() => SecurityModule.CheckEntropy(current, available)).Message;
        Assert.Contains("must be nsm-hwrng", message, StringComparison.Ordinal);
        Assert.Contains($"'{current}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_module_s_entropy_is_taken() => Assert.Equal("entropy from nsm-hwrng", SecurityModule.CheckEntropy("nsm-hwrng", "nsm-hwrng"));

    [Fact]
    public void The_module_s_random_bytes_go_into_the_pool_and_none_are_fatal()
    {
        using SimulatorPki pki = SimulatorPki.Create();
        using var module = new SoftwareNsm(new SoftwareNsmOptions { Pki = pki });
        string pool = Path.GetTempFileName();
        try
        {
            Assert.Equal("256 random bytes of the module are in the pool", SecurityModule.AddKernelEntropy(module, pool));
            Assert.Equal(256, new FileInfo(pool).Length);
        }
        finally
        {
            File.Delete(pool);
        }

        Assert.Throws<BootException>(() => SecurityModule.AddKernelEntropy(module, pool));
        using var silent = new SoftwareNsm(new SoftwareNsmOptions
        {
            Pki = pki,
            Faults = new NsmFaults { Errors = [new NsmErrorFault(NsmRequestKind.GetRandom, NsmError.InternalError)] },
        });
        Assert.Throws<BootException>(() => SecurityModule.AddKernelEntropy(silent, "/dev/null"));
    }

    [Theory]
    [InlineData("kvm-clock", false)]
    [InlineData("tsc", false)]
    [InlineData("refined-jiffies", true)]
    [InlineData("hpet", true)]
    public void The_clock_source_is_said_and_a_strange_one_warned_of(string source, bool warned)
    {
        string said = Kernel.DescribeClock(source, DateTimeOffset.UnixEpoch);
        Assert.StartsWith($"clock source {source}, 1970-01-01T00:00:00Z", said, StringComparison.Ordinal);
        Assert.Equal(warned, said.Contains("warning", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_in_debug_mode_says_so()
    {
        using SimulatorPki pki = SimulatorPki.Create();
        using var debug = new SoftwareNsm(new SoftwareNsmOptions { Pki = pki, Pcrs = new Dictionary<int, byte[]>() });
        Assert.Contains("debug mode", SecurityModule.DescribeMeasurement(debug, 0), StringComparison.Ordinal);

        byte[] measured = [.. Enumerable.Range(0, 48).Select(static i => (byte)i)];
        using var real = new SoftwareNsm(new SoftwareNsmOptions { Pki = pki, Pcrs = new Dictionary<int, byte[]> { [1] = measured } });
        Assert.Equal($"PCR1 {Convert.ToHexStringLower(measured)}", SecurityModule.DescribeMeasurement(real, 1));
    }

    [Fact]
    public void Memory_is_read_as_the_kernel_writes_it()
    {
        const string MemInfo = "MemTotal:        1018880 kB\nMemFree:          990000 kB\nMemAvailable:     978944 kB\nHugePages_Total:       0";
        Assert.Equal("memory: 39 MiB used, 956 MiB available of 995 MiB", Kernel.DescribeMemory(MemInfo));
        Assert.Contains("MemAvailable", Assert.Throws<BootException>(() => Kernel.DescribeMemory("MemTotal: 1 kB")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_the_kernel_that_is_missing_says_what_that_means()
    {
        string message = Assert.Throws<BootException>(() => Kernel.Read("/sys/none", "there is no such thing")).Message;
        Assert.Contains("/sys/none cannot be read, there is no such thing", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_streams_that_are_no_console_are_refused() =>
        Assert.Contains("must hold that device", Assert.Throws<BootException>(() => MachineSetup.CheckStandardStreams()).Message, StringComparison.Ordinal);
}
