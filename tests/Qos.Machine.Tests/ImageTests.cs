using System.Text;
using Qos.Eif;

namespace Qos.Machine.Tests;

/// <summary>What is declared to be in the image, and the one program in it.</summary>
public sealed class ImageTests
{
    private const int ElfInterpreter = 3;

    [Fact]
    public void The_boot_ramdisk_holds_folders_and_the_console_and_the_other_one_program()
    {
        RamdiskEntry[] boot = [.. RamdiskList.Parse(Repository.Read("eif", "boot.list"), "boot.list").Entries];
        Assert.Equal(
            ["/dev/console"], boot.Where(static entry => entry is not RamdiskEntry.Folder).Select(static entry => entry.Path));
        Assert.Equal((5, 1), boot.OfType<RamdiskEntry.Device>().Select(static device => (device.Major, device.Minor)).Single());

        RamdiskEntry[] app = [.. RamdiskList.Parse(Repository.Read("eif", "app.list"), "app.list").Entries];
        var program = Assert.IsType<RamdiskEntry.RegularFile>(Assert.Single(app));
        Assert.Equal(("/init", "lib/init/init"), (program.Path, program.Source));
    }

    [Fact]
    public void Nothing_on_the_command_line_carries_security()
    {
        // No register tells where kernel and command line meet: whoever starts the image can cut off any beginning of it.
        string[] harmless = ["reboot=t,force", "panic=-1", "console=ttyS0", "random.trust_cpu=on", "no_timer_check", "quiet"];
        Assert.Equal(harmless, Repository.Read("eif", "cmdline").TrimEnd('\n').Split(' '));
        string config = Repository.Read("eif", "kernel", "enclave.config");
        Assert.Contains("CONFIG_PANIC_TIMEOUT=-1\n", config, StringComparison.Ordinal);
        Assert.Contains("CONFIG_PANIC_ON_OOPS=y\n", config, StringComparison.Ordinal);
    }

    [ProgramFact]
    public void The_program_has_no_client_of_the_simulator()
    {
        byte[] program = File.ReadAllBytes(Repository.Init);
        Assert.All(
            (string[])["SimulatorNsm", "NSM simulator", "qos-nsm-sim", "EnclaveOptions"],
            name =>
            {
                Assert.Equal(-1, program.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)));
                Assert.Equal(-1, program.AsSpan().IndexOf(Encoding.Unicode.GetBytes(name)));
            });

        // The search finds what is there, in both encodings.
        Assert.NotEqual(-1, program.AsSpan().IndexOf(Encoding.UTF8.GetBytes("SecurityModule")));
        Assert.NotEqual(-1, program.AsSpan().IndexOf(Encoding.Unicode.GetBytes("nsm-hwrng")));
    }

    [ProgramFact]
    public void The_program_needs_no_loader()
    {
        byte[] program = File.ReadAllBytes(Repository.Init);
        long headers = BitConverter.ToInt64(program, 32);
        int size = BitConverter.ToInt16(program, 54), count = BitConverter.ToInt16(program, 56);
        Assert.NotEqual(0, count);
        Assert.DoesNotContain(ElfInterpreter, Enumerable.Range(0, count).Select(i => BitConverter.ToInt32(program, (int)headers + (i * size))));
    }

    [ProgramFact]
    public void Run_on_a_machine_it_does_nothing_and_says_what_it_is()
    {
        (int code, string output) = Script.Run(TimeSpan.FromMinutes(1), Repository.Init);
        Assert.Equal(2, code);
        Assert.Contains("runs as process 1 only", output, StringComparison.Ordinal);
    }
}
