using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Qos.Machine.Tests.Machines;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Runtime;

namespace Qos.Machine.Tests;

/// <summary>
/// A node with an app in a machine, whatever QEMU and kernel there are: the module need not sign, because what is tested here needs no verifier.
/// (That documents and proofs of a machine verify is what <see cref="BootTests"/> shows.)
/// </summary>
[Collection(MachineCollection.Name)]
public sealed partial class LifeTests(LivingMachine living) : IClassFixture<LivingMachine>
{
    private const int Bulk = 100 * 1024 * 1024;
    private const int FirstDelay = 100;
    private const int LockedRegisters = 32;
    private static readonly TimeSpan s_bulkLimit = TimeSpan.FromMinutes(1);

    [MachineFact]
    public async Task Every_register_is_locked_and_says_what_was_booted_and_which_keys_it_made()
    {
        ProvisionedMachine node = await living.GetAsync();
        ConsoleChecks.AssertBooted(node.Machine.Console, living.Image.Measured);
        Assert.Contains(", 16 of 32 PCRs locked", node.Machine.Console, StringComparison.Ordinal);
        foreach (AttestationDocument document in (AttestationDocument[])[node.Setup, node.Live])
        {
            // A document holds the locked registers and no others.
            Assert.Equal(Enumerable.Range(0, LockedRegisters), document.Pcrs.Keys.Order());
            Assert.Equal(node.ManifestHash, document.UserData!.Value.ToArray());
            Assert.Null(document.Nonce);
            for (int index = 0; index < 3; index++)
                Assert.Equal(living.Image.Measured[index], document.Pcrs[index].ToArray());
            Assert.Equal(Pcr.FromRoleArn(RunningMachine.RoleArn), document.Pcrs[3].ToArray());
            Assert.Equal(ManifestCommitment.Setup(node.Setup.PublicKey!.Value.Span, node.ManifestHash).Pcr.ToArray(), document.Pcrs[16].ToArray());
            Assert.Equal(ManifestCommitment.Live(node.Live.PublicKey!.Value.Span, node.ManifestHash).Pcr.ToArray(), document.Pcrs[17].ToArray());
        }

        Assert.NotEqual(node.Setup.PublicKey!.Value.ToArray(), node.Live.PublicKey!.Value.ToArray());
    }

    [MachineFact]
    public async Task A_hundred_mebibytes_each_way_through_the_bridge_arrive_intact()
    {
        ProvisionedMachine node = await living.GetAsync();
        await node.AskAsync("file /proc/uptime");
        await using NetworkStream stream = await node.ConnectAsync(string.Create(CultureInfo.InvariantCulture, $"echo {Bulk}"));
        byte[] sent = RandomNumberGenerator.GetBytes(Bulk);
        byte[] received = new byte[Bulk];
        using var patience = new CancellationTokenSource(s_bulkLimit);
        await stream.WriteAsync(sent, patience.Token);
        await stream.ReadExactlyAsync(received, patience.Token);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sent)), Convert.ToHexStringLower(SHA256.HashData(received)));
    }

    [MachineFact]
    public async Task The_app_finds_the_manifest_s_name_servers()
    {
        ProvisionedMachine node = await living.GetAsync();
        Assert.Equal(
            string.Concat(ProvisionedMachine.Resolvers.Select(static address => $"nameserver {address}\n")), await node.AskAsync("file /etc/resolv.conf"));
    }

    [MachineFact]
    public async Task An_app_that_ends_is_started_again_after_growing_delays_behind_the_same_bridge()
    {
        ProvisionedMachine node = await living.GetAsync();
        foreach ((string how, int? code, int? signal) in ((string, int?, int?)[])[("3", 3, null), ("0x109", null, 9), ("0x10b", null, 11)])
        {
            await node.AskAsync("file /proc/uptime");
            uint before = (await node.Machine.Client.StatusAsync()).Pivot!.Restarts;
            await using NetworkStream ending = await node.EndAppAsync(how);
            NodeStatus status = await node.Machine.StatusAsync(status => status.Pivot is { State: PivotState.Running } pivot && pivot.Restarts > before);
            // Its bridges are a list, which is compared by reference.
            Assert.Equal(new PivotStatus(PivotState.Running, before + 1, new PivotExit(code, signal)) { Bridges = status.Pivot!.Bridges }, status.Pivot);
            Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, status.Phase);
        }

        await node.AskAsync("file /proc/uptime");
        int restarts = (int)(await node.Machine.Client.StatusAsync()).Pivot!.Restarts;
        int[] delays = ConsoleChecks.RestartDelays(node.Machine.Console);
        Assert.Equal(restarts, delays.Length);

        // Doubled from one to the next, or the first one again after a run of a minute.
        Assert.Equal(FirstDelay, delays[0]);
        Assert.All(delays.Skip(1).Select((delay, i) => (Delay: delay, Before: delays[i])), static pair =>
            Assert.True(pair.Delay == 2 * pair.Before || pair.Delay == FirstDelay, $"{pair.Delay} ms after {pair.Before} ms"));
        Assert.Contains(2 * FirstDelay, delays);
    }

    [MachineFact]
    public async Task Hostile_bytes_on_port_3_do_the_node_and_its_app_no_harm()
    {
        ProvisionedMachine node = await living.GetAsync();
        long before = await UsedAsync(node);
        await new HostilePeer(node.Machine.ControlAddress).AttackAsync(async () =>
            Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, (await node.Machine.Client.StatusAsync()).Phase));
        Assert.InRange(await UsedAsync(node) - before, long.MinValue, 64 * 1024);
        Assert.Equal(PivotState.Running, (await node.Machine.Client.StatusAsync()).Pivot!.State);
    }

    [MachineFact]
    public async Task An_app_that_floods_the_console_fills_it_at_a_bounded_rate_and_the_node_goes_on_answering()
    {
        ProvisionedMachine node = await living.GetAsync();
        long start = Stopwatch.GetTimestamp();
        int before = node.Machine.Console.Length;
        Assert.Equal("flooding", await node.AskAsync("flood"));
        int asked = 0;
        await node.Machine.StatusAsync(_ => ++asked >= 50 && node.Machine.Console.Contains("lines dropped]", StringComparison.Ordinal));
        await node.AskAsync("file /proc/uptime");
        await using NetworkStream ending = await node.EndAppAsync("0");
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await node.Machine.SaysAsync("pivot exited with code 0");

        var limits = new OutputLimits();
        string[] lines = node.Machine.Console[before..].Split("\r\n");
        string[] shown = [.. lines.Where(static line => line.StartsWith("pivot: ", StringComparison.Ordinal))];
        Assert.InRange(shown.Count(static line => !line.EndsWith("lines dropped]", StringComparison.Ordinal)), 1, limits.Burst + (limits.LinesPerSecond * (seconds + 1)));
        Assert.All(shown, line => Assert.InRange(line.Length, 0, "pivot: ".Length + limits.LineLength + " [cut]".Length));

        // Nothing of it looks like the node's own words or reaches a terminal.
        Assert.DoesNotContain(lines, static line => line.Contains("forged", StringComparison.Ordinal) && !line.StartsWith("pivot: ", StringComparison.Ordinal));
        Assert.DoesNotContain('\x1b', node.Machine.Console);
    }

    [MachineFact]
    public async Task Another_machine_has_other_keys_takes_hostile_bytes_before_its_boot_and_ends_with_an_app_that_is_never_to_be_started_again()
    {
        ProvisionedMachine first = await living.GetAsync();
        RunningMachine machine = await RunningMachine.StartAsync(living.Image, "other");
        await using ProvisionedMachine other = await SetUpAttackedAsync(machine, living.Image);

        byte[][] keys = [.. ((ProvisionedMachine[])[first, other]).SelectMany(static node => new[] { node.Setup.PublicKey!.Value.ToArray(), node.Live.PublicKey!.Value.ToArray() })];
        Assert.Equal(4, keys.Select(Convert.ToHexString).Distinct(StringComparer.Ordinal).Count());
        Assert.NotEqual(ConsoleChecks.ModuleOf(first.Machine.Console), ConsoleChecks.ModuleOf(machine.Console));

        await other.AskAsync("file /proc/uptime");
        await using (await other.EndAppAsync("7"))
            Assert.Equal(0, await machine.EndAsync());
        Assert.Contains("init: the app has ended with code 7 and is not to be started again", machine.Console, StringComparison.Ordinal);
    }

    private static async Task<ProvisionedMachine> SetUpAttackedAsync(RunningMachine machine, MachineImage image)
    {
        try
        {
            await new HostilePeer(machine.ControlAddress).AttackAsync(async () =>
                Assert.Equal(ProtocolPhase.WaitingForBootInstruction, (await machine.Client.StatusAsync()).Phase));
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }

        return await ProvisionedMachine.SetUpAsync(machine, image, RestartPolicy.Never);
    }

    // Kibibytes that the machine uses, as its kernel counts them.
    private static async Task<long> UsedAsync(ProvisionedMachine node)
    {
        string meminfo = await node.AskAsync("file /proc/meminfo");
        long Kibibytes(string name) => long.Parse(
            MemoryLine().Matches(meminfo).First(match => match.Groups[1].Value == name).Groups[2].Value, CultureInfo.InvariantCulture);
        return Kibibytes("MemTotal") - Kibibytes("MemAvailable");
    }

    [GeneratedRegex(@"^(\w+): +([0-9]+) kB$", RegexOptions.Multiline)]
    private static partial Regex MemoryLine();
}
