using Qos.Machine.Tests.Machines;

namespace Qos.Machine.Tests;

/// <summary>Machines in which a node must not run: the console says what is missing, and the machine stops. Format: docs/protocol/eif.md, What init does.</summary>
[Collection(MachineCollection.Name)]
public sealed class StopTests(MachineImage image)
{
    private const string Module = "virtio-nsm-device", Generator = "virtio-rng-device";
    private const string WithoutVsock = "initcall_blacklist=vsock_init";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    [MachineFact]
    public void Without_a_module_the_console_says_so_and_the_machine_stops() =>
        AssertStops(@"init: fatal: .*/dev/nsm.*the machine stops", Kernels.Pinned ?? Kernels.Larger!);

    [MachineFact]
    public void Without_a_vsock_device_the_console_says_so_and_the_machine_stops() =>
        AssertStops("init: fatal: the machine has no vsock device: no host could reach it; the machine stops", Kernels.Pinned ?? Kernels.Larger!, "", Module);

    [MachineFact(MachineNeed.LargerKernel)]
    public void With_a_kernel_without_vsock_the_console_says_so_and_the_machine_stops() =>
        AssertStops("init: fatal: /dev/vsock cannot be opened, the kernel has no vsock: .*; the machine stops", Kernels.Larger!, WithoutVsock, Module);

    [MachineFact(MachineNeed.LargerKernel)]
    public void With_a_kernel_that_takes_its_entropy_elsewhere_the_console_says_so_and_the_machine_stops() => AssertStops(
        "init: fatal: the hardware generator is 'virtio_rng.0' and must be nsm-hwrng .*; the machine stops", Kernels.Larger!, "", Generator, Module);

    [MachineFact(MachineNeed.PinnedKernel)]
    public void The_image_s_kernel_takes_entropy_from_no_other_device_than_the_module() => AssertStops(
        "(?s)init: entropy from nsm-hwrng.*init: fatal: the machine has no vsock device", Kernels.Pinned!, "", Generator, Module);

    private void AssertStops(string reason, string kernel, string words = "", params string[] devices)
    {
        string console = Path.Combine(image.Folder, $"stopped-{Guid.NewGuid():N}.log");
        (int code, string output) = Script.Run(
            s_limit, "bash",
            [Repository.PathOf("tests", "Qos.Machine.Tests", "stopped-machine"), image.Ramdisk(), kernel, console, words, .. devices.SelectMany(static device => new[] { "-device", device })]);
        Assert.True(code == 0, output);
        Assert.Matches(reason, output);
        Assert.DoesNotContain("listening", output, StringComparison.Ordinal);
    }
}
