using System.Globalization;
using Qos.Local;

namespace Qos.Fleet.Runners;

/// <summary>Replicas as virtual machines booted from an enclave image, a <c>qos-host</c> before each.</summary>
public sealed class MachineRunner(MachineRunnerOptions options, TimeProvider time) : ProcessRunner(options.Folder, options.Ports, options.Place, time), IRunner
{
    private const string TimeLimit = "315360000";

    /// <inheritdoc/>
    public override string Kind => "machine";

    /// <inheritdoc/>
    public bool CanForward => false;

    /// <inheritdoc/>
    protected override string ConsoleName => LocalNodePrograms.MachineConsole;

    private protected override IReadOnlyList<NodeProgram> Programs(InstancePlan plan)
    {
        ReplicaLaunch launch = plan.Launch;
        if (!options.Images.TryGetValue(launch.QosVersion, out (string Eif, string? RoleArn) image))
            throw new RunnerException($"the machine runner has no image file for {launch.QosVersion}: give it as eif");
        return new LocalNodePrograms
        {
            Find = name => Path.Combine(Path.GetFullPath(options.Programs), name),
            PkiFolder = Path.GetFullPath(options.PkiFolder),
            HostPort = plan.HostPort,
            Ports = plan.Ports,
            RoleArn = image.RoleArn,
        }.Machine(
            Path.GetFullPath(options.Script),
            Path.GetFullPath(image.Eif),
            [
                "--time-limit", TimeLimit,
                .. launch.RamGib is { } gib ? (string[])["--memory", string.Create(CultureInfo.InvariantCulture, $"{gib}G")] : [],
                .. launch.Cpus is { } cpus ? (string[])["--cpus", cpus.ToString(CultureInfo.InvariantCulture)] : [],
            ]);
    }
}
