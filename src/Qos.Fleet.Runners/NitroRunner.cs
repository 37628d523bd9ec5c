using System.Globalization;
using Qos.Local;

namespace Qos.Fleet.Runners;

/// <summary>Replicas as Nitro enclaves: <c>nitro-cli</c> starts and ends them, a <c>qos-host</c> stands before each.</summary>
public sealed class NitroRunner(NitroRunnerOptions options, TimeProvider time) : ProcessRunner(options.Folder, options.Ports, options.Place, time), IRunner
{
    // 0 to 3 are the hypervisor's and the parent's; low numbers are left to enclaves that somebody starts by hand.
    private const uint FirstContextId = 100;

    private readonly NitroCli _cli = new(options.NitroCli, time);
    private IReadOnlyDictionary<string, string> _running = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override string Kind => "nitro";

    /// <inheritdoc/>
    public bool ZeroesDebugMeasurements => true;

    /// <inheritdoc/>
    protected override string ConsoleName => "console.log";

    private protected override InstancePlan Complete(InstancePlan plan, IReadOnlyCollection<InstancePlan> others)
    {
        HashSet<uint> taken = others.Select(static other => other.ContextId).OfType<uint>().ToHashSet();
        uint id = FirstContextId;
        while (taken.Contains(id))
            id++;
        return plan with { ContextId = id };
    }

    private protected override async Task RefreshAsync(CancellationToken cancellationToken) => _running = await _cli.DescribeAsync(cancellationToken).ConfigureAwait(false);

    private protected override async Task PrepareAsync(string folder, InstancePlan plan, CancellationToken cancellationToken)
    {
        ReplicaLaunch launch = plan.Launch;
        if ((await _cli.DescribeAsync(cancellationToken).ConfigureAwait(false)).ContainsKey(NameOf(plan)))
            return;
        if (!options.Images.TryGetValue(launch.QosVersion, out string? image))
            throw new RunnerException($"the Nitro runner has no image file for {launch.QosVersion}: give it as eif");
        await _cli.RunAsync(
            NameOf(plan), image, launch.Cpus ?? options.Cpus, launch.RamGib is { } gib ? gib * 1024 : options.MemoryMib, plan.ContextId!.Value, launch.DebugMode, cancellationToken).ConfigureAwait(false);
        _running = await _cli.DescribeAsync(cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task StoppingAsync(string folder, InstancePlan plan, CancellationToken cancellationToken)
    {
        if ((await _cli.DescribeAsync(cancellationToken).ConfigureAwait(false)).TryGetValue(NameOf(plan), out string? id))
            await _cli.TerminateAsync(id, cancellationToken).ConfigureAwait(false);
    }

    private protected override string? Ended(InstancePlan plan) => _running.ContainsKey(NameOf(plan)) ? null : "nitro-cli no longer lists its enclave";

    private protected override IReadOnlyList<NodeProgram> Programs(InstancePlan plan)
    {
        var host = new NodeProgram(
            "host",
            Path.Combine(Path.GetFullPath(options.Programs), "qos-host"),
            [
                "--enclave-cid", plan.ContextId!.Value.ToString(CultureInfo.InvariantCulture), "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{plan.HostPort}"),
                .. plan.Ports.SelectMany(static port => (string[])["--publish", string.Create(CultureInfo.InvariantCulture, $"{port.Key}=127.0.0.1:{port.Value}")]),
            ],
            []);

        // The console can be read in debug mode alone.
        return plan.Launch.DebugMode ? [host, new NodeProgram("console", options.NitroCli, ["console", "--enclave-name", NameOf(plan)], [])] : [host];
    }

    private static string NameOf(InstancePlan plan) => $"qos-{plan.Launch.ReplicaId[^12..]}";
}
