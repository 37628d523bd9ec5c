using System.Globalization;

namespace Qos.Fleet.Runners;

/// <summary>Replicas as virtual machines booted from an enclave image, a <c>qos-host</c> before each.</summary>
public sealed class MachineRunner(MachineRunnerOptions options, TimeProvider time) : ProcessRunner(options.Folder, options.Ports, time)
{
    private const string TimeLimit = "315360000";

    /// <inheritdoc/>
    public override string Kind => "machine";

    /// <inheritdoc/>
    protected override string ConsoleName => "machine/console.log";

    private protected override IReadOnlyList<ProgramStart> Programs(InstancePlan plan)
    {
        ReplicaLaunch launch = plan.Launch;
        if (!options.Images.TryGetValue(launch.QosVersion, out (string Eif, string? RoleArn) image))
            throw new RunnerException($"the machine runner has no image file for {launch.QosVersion}: give it as eif");
        return
        [
            new(
                "machine",
                Path.GetFullPath(options.Script),
                [
                    "--image", Path.GetFullPath(image.Eif), "--dir", "machine", "--pki-dir", Path.GetFullPath(options.PkiFolder), "--time-limit", TimeLimit,
                    .. image.RoleArn is { } arn ? (string[])["--role-arn", arn] : [],
                    .. launch.RamGib is { } gib ? (string[])["--memory", string.Create(CultureInfo.InvariantCulture, $"{gib}G")] : [],
                    .. launch.Cpus is { } cpus ? (string[])["--cpus", cpus.ToString(CultureInfo.InvariantCulture)] : [],
                ],
                []),
            new(
                "host",
                Path.Combine(Path.GetFullPath(options.Programs), "qos-host"),
                [
                    "--enclave-vhost", "machine/vsock.sock", "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{plan.HostPort}"),
                    .. plan.Ports.SelectMany(static port => (string[])["--publish", string.Create(CultureInfo.InvariantCulture, $"{port.Key}=127.0.0.1:{port.Value}")]),
                ],
                [],
                Awaits: "machine/vsock.sock"),
        ];
    }
}
