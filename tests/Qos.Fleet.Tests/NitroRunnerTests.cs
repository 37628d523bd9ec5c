using System.Diagnostics;
using Qos.Fleet.Runners;
using Qos.Local;
using Qos.Runtime.Tests;

namespace Qos.Fleet.Tests;

/// <summary>The Nitro runner with a stand-in for nitro-cli; the host is the real one.</summary>
public sealed class NitroRunnerTests : IDisposable
{
    private readonly string _folder;
    private readonly string _id = Guid.NewGuid().ToString();

    public NitroRunnerTests()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Bin, "qos-host")), "make builds qos-host");
        _folder = Directory.CreateTempSubdirectory("qos-nitro-").FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "nitro-cli"), Cli);
        File.SetUnixFileMode(Cli, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task An_enclave_is_started_once_found_again_and_ended()
    {
        using (NitroRunner runner = Make())
        {
            await runner.StartAsync(Launch(), default);
            await runner.StartAsync(Launch(), default);
            Assert.Single(Calls("run-enclave"));
            await UntilAsync(runner, InstanceState.Running);
        }

        // A service that was started again.
        using NitroRunner again = Make();
        ReplicaInstance instance = await UntilAsync(again, InstanceState.Running);
        Assert.Equal("127.0.0.1", instance.Host!.Host);
        await again.StartAsync(Launch(), default);
        Assert.Single(Calls("run-enclave"));
        await again.StopAsync(_id, default);
        await again.StopAsync(_id, default);
        Assert.Empty(await again.ObserveAsync(default));
        Assert.Single(Calls("terminate-enclave"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "replicas")));
    }

    [Fact]
    public async Task What_another_service_of_this_machine_starts_and_ends_is_seen()
    {
        using NitroRunner one = Make(), two = Make();
        await one.StartAsync(Launch(), default);
        await UntilAsync(two, InstanceState.Running);
        await two.StopAsync(_id, default);
        Assert.Empty(await one.ObserveAsync(default));
        Assert.Single(Calls("terminate-enclave"));
    }

    [Fact]
    public async Task A_start_that_was_cut_off_is_not_listed_and_starts_only_what_is_missing()
    {
        using (NitroRunner runner = Make())
        {
            await runner.StartAsync(Launch(), default);
            await UntilAsync(runner, InstanceState.Running);
        }

        string folder = Directory.GetDirectories(Path.Combine(_folder, "replicas")).Single();
        int host = ProcessLedger.FindBelow(Path.Combine(_folder, "replicas"))[Path.GetFileName(folder)].Single();
        using (Process process = Process.GetProcessById(host))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        using NitroRunner again = Make();
        Assert.Empty(await again.ObserveAsync(default));
        await again.StartAsync(Launch(), default);
        await UntilAsync(again, InstanceState.Running);
        Assert.Single(Calls("run-enclave"));
        await again.StopAsync(_id, default);
    }

    [Fact]
    public async Task An_enclave_that_is_no_longer_listed_has_ended()
    {
        using NitroRunner runner = Make();
        await runner.StartAsync(Launch(), default);
        File.Delete(Directory.GetFiles(Path.Combine(_folder, "enclaves")).Single());
        Assert.Contains("no longer lists", (await UntilAsync(runner, InstanceState.Ended)).Detail, StringComparison.Ordinal);
        await runner.StopAsync(_id, default);
    }

    [Fact]
    public async Task A_failure_is_its_first_line_and_the_next_try_succeeds()
    {
        using NitroRunner runner = Make();
        File.WriteAllText(Path.Combine(_folder, "broken"), "");
        RunnerException refused = await Assert.ThrowsAsync<RunnerException>(() => runner.StartAsync(Launch(), default));
        Assert.Contains("E36", refused.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "broken"));
        await runner.StartAsync(Launch(), default);
        await UntilAsync(runner, InstanceState.Running);
        await runner.StopAsync(_id, default);
    }

    [Fact]
    public async Task One_that_never_ends_is_ended_and_said_and_the_next_look_succeeds()
    {
        var time = new ManualTime();
        using NitroRunner runner = Make(time: time);
        File.WriteAllText(Path.Combine(_folder, "hangs"), "");
        Task<IReadOnlyDictionary<string, ReplicaInstance>> look = runner.ObserveAsync(default);
        time.AdvanceToNextTimer();
        RunnerException refused = await Assert.ThrowsAsync<RunnerException>(() => look);
        Assert.Equal("nitro-cli describe-enclaves did not end within 20 s", refused.Message);

        File.Delete(Path.Combine(_folder, "hangs"));
        File.WriteAllText(Path.Combine(_folder, "floods"), "");
        refused = await Assert.ThrowsAsync<RunnerException>(() => runner.ObserveAsync(default));
        Assert.Equal("nitro-cli prints more than any answer has", refused.Message);

        File.Delete(Path.Combine(_folder, "floods"));
        Assert.Empty(await runner.ObserveAsync(default));
    }

    [Fact]
    public async Task Debug_mode_is_asked_for_only_when_it_is_wanted()
    {
        using NitroRunner runner = Make();
        await runner.StartAsync(Launch() with { DebugMode = true, Cpus = 4, RamGib = 2 }, default);
        Assert.EndsWith("--debug-mode", Assert.Single(Calls("run-enclave")), StringComparison.Ordinal);
        Assert.Contains("--cpu-count 4 --memory 2048 --enclave-cid 100", Calls("run-enclave")[0], StringComparison.Ordinal);
        await runner.StopAsync(_id, default);
        Assert.True(((IRunner)runner).ZeroesDebugMeasurements);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Cli => Path.Combine(_folder, "nitro-cli");

    private static string Bin
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                folder = folder.Parent;
            return Path.Combine(folder?.FullName ?? "/", "out", "bin");
        }
    }

    [Fact]
    public void Its_place_is_this_machine_and_the_folder_or_what_it_is_named()
    {
        string folder = Path.Combine(_folder, "replicas");
        string machine = File.Exists("/etc/machine-id") && File.ReadAllText("/etc/machine-id").Trim() is { Length: > 0 } id ? id : Environment.MachineName;
        using NitroRunner unnamed = Make(), named = Make("rack 3");
        Assert.Equal(($"{machine}:{folder}", "rack 3"), (unnamed.Place, named.Place));
    }

    private NitroRunner Make(string? place = null, TimeProvider? time = null) => new(
        new NitroRunnerOptions
        {
            Place = place,
            Folder = Path.Combine(_folder, "replicas"),
            Programs = Bin,
            NitroCli = Cli,
            Images = new Dictionary<string, string> { ["test"] = "/image.eif" },
            Ports = new PortRange(41000, 42000),
        },
        time ?? TimeProvider.System);

    private ReplicaLaunch Launch() => new() { ReplicaId = _id, DeploymentId = "d", AppId = "a", Slot = 0, QosVersion = "test", Ports = [3000] };

    private string[] Calls(string command) => [.. File.ReadLines(Path.Combine(_folder, "calls")).Where(line => line.StartsWith(command, StringComparison.Ordinal))];

    private static async Task<ReplicaInstance> UntilAsync(NitroRunner runner, InstanceState state)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            ReplicaInstance instance = Assert.Single(await runner.ObserveAsync(default)).Value;
            if (instance.State == state)
                return instance;
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(60), $"it is {instance}");
            await Task.Delay(20);
        }
    }
}
