using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Qos.Machine.Tests;

/// <summary>
/// The image, booted in QEMU's nitro-enclave machine: a real kernel, /dev/nsm behind its driver, vsock. With a module that signs the whole
/// life of the demo is lived in it; with one that does not, no document can be verified and the test claims no more than what it compares.
/// </summary>
public sealed partial class BootTests : IDisposable
{
    // An emulated machine on a busy processor: ten times of what is usual.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    // What init says when it has done a duty, in order. Specification: eif, What init does.
    private static readonly string[] s_duties =
    [
        "started", "mounted /proc /sys /dev /dev/pts /dev/shm /run /tmp", "/dev/console on 0, 1 and 2", "/dev/nsm: module ",
        "entropy from nsm-hwrng", "lo is up", "context identifier 4", "clock source ", "listening on port 3", "memory: ",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-machine").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [MachineFact(signing: true)]
    public void A_node_lives_its_whole_life_in_the_machine_and_every_proof_verifies_and_an_app_that_ends_ends_it()
    {
        BuildImage();
        int port = FreePort();
        (int code, string output) = Script.Run(
            s_limit,
            new Dictionary<string, string>
            {
                ["NODE"] = "machine",
                ["DEMO_IMAGE"] = Path.Combine(_folder, "qos.eif"),
                ["DEMO_DIR"] = Path.Combine(_folder, "demo"),
                ["DEMO_API_PORT"] = port.ToString(CultureInfo.InvariantCulture),
                ["DEMO_APP_PORT"] = FreePort().ToString(CultureInfo.InvariantCulture),
                ["DEMO_TIME_LIMIT"] = $"{s_limit.TotalSeconds:0}",
            },
            "bash", Repository.PathOf("src", "samples", "demo.sh"));
        Assert.True(code == 0, output);

        string genesis = Console("demo", "run", "genesis"), node = Console("demo", "run", "node");
        AssertBooted(genesis);
        AssertBooted(node);
        Assert.NotEqual(ModuleOf(genesis), ModuleOf(node));
        Assert.Contains("pivot started", node, StringComparison.Ordinal);

        // The same people's next node: its app ends, is never to be started again, and takes the machine with it.
        (code, output) = Script.Run(
            s_limit, "bash", Repository.PathOf("tests", "Qos.Machine.Tests", "end-machine"),
            Path.Combine(_folder, "demo"), Path.Combine(_folder, "qos.eif"), Path.Combine(_folder, "short"), $"127.0.0.1:{FreePort()}");
        Assert.True(code == 0, output);
        Assert.NotEqual(ModuleOf(node), ModuleOf(Console("short")));
    }

    [MachineFact(signing: false)]
    public void A_node_answers_in_the_machine_and_the_module_measured_what_we_say()
    {
        BuildImage();
        int port = FreePort();
        string run = Path.Combine(_folder, "run");
        (int code, string output) = Script.Run(
            s_limit, "bash", Repository.PathOf("tests", "Qos.Machine.Tests", "ask-machine"), Path.Combine(_folder, "qos.eif"), run, $"127.0.0.1:{port}");
        Assert.True(code == 0, output);
        Assert.Contains("WaitingForBootInstruction", output, StringComparison.Ordinal);
        AssertBooted(Console("run"));
    }

    [MachineFact]
    public void Without_a_module_the_console_says_so_and_the_machine_stops()
    {
        BuildImage();
        (int code, string output) = Script.Run(s_limit, "bash", Repository.PathOf("tests", "Qos.Machine.Tests", "without-module"), _folder);
        Assert.True(code == 0, output);
        Assert.Matches(@"init: fatal: .*/dev/nsm.*the machine stops", output);
        Assert.DoesNotContain("listening", output, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string ModuleOf(string console) => ModuleName().Match(console).Groups[1].Value;

    private void BuildImage()
    {
        (int code, string output) = Script.Run(s_limit, Repository.PathOf("eif", "build-image"), "--out", _folder, "--any-kernel", "--no-build");
        Assert.True(code == 0, output);
    }

    private string Console(params string[] run) => File.ReadAllText(Path.Combine([_folder, .. run, "console.log"]));

    // Every duty in one line, in order, with times that never go back; the module's registers are those that we compute of the file.
    private void AssertBooted(string console)
    {
        int position = 0;
        foreach (string duty in s_duties)
        {
            int found = console.IndexOf($"init: {duty}", position, StringComparison.Ordinal);
            Assert.True(found >= 0, $"After character {position} the console does not say '{duty}':\n{console}");
            position = found + 1;
        }

        double[] times = [.. DutyTime().Matches(console).Select(static match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(times.Order(), times);
        foreach (string line in File.ReadAllLines(Path.Combine(_folder, "qos.pcrs")).Take(3))
        {
            string[] words = line.Split(' ');
            Assert.Contains($"init: {words[1]} {words[0]}", console, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"/dev/nsm: module (\S+),")]
    private static partial Regex ModuleName();

    [GeneratedRegex(@"^\[ *([0-9.]+)\] init: ", RegexOptions.Multiline)]
    private static partial Regex DutyTime();
}
