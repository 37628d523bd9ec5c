using System.Globalization;

namespace Qos.Fleet.Runners;

/// <summary>Replicas as local processes: simulator, enclave and host each.</summary>
public sealed class LocalRunner(LocalRunnerOptions options, TimeProvider time) : ProcessRunner(options.Folder, options.Ports, time)
{
    /// <inheritdoc/>
    public override string Kind => "local";

    private protected override IReadOnlyList<ProgramStart> Programs(InstancePlan plan)
    {
        string version = plan.Launch.QosVersion;
        if (!options.Measurements.TryGetValue(version, out (string Pcrs, string? RoleArn) image))
            throw new RunnerException($"the local runner has no measurements for the image {version}");
        return
        [
            new("nsm", Program("qos-nsm-sim"), 
            [
                "--socket", "nsm.sock", "--pcrs", Path.GetFullPath(image.Pcrs), "--pki-dir", Path.GetFullPath(options.PkiFolder),
                .. image.RoleArn is { } arn ? (string[])["--role-arn", arn] : [],
            ]),
            new("host", Program("qos-host"),
            [
                "--enclave-socket", "enclave.sock", "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{plan.HostPort}"),
                .. plan.Ports.SelectMany(static port => (string[])["--publish", string.Create(CultureInfo.InvariantCulture, $"{port.Key}=127.0.0.1:{port.Value}")]),
            ]),
            new("enclave", Program("qos-enclave"), ["--socket", "enclave.sock", "--nsm", "nsm.sock", "--dir", "node"], Awaits: "nsm.sock"),
        ];
    }

    private string Program(string name) => Path.Combine(Path.GetFullPath(options.Programs), name);
}
