using System.Globalization;

namespace Qos.Fleet.Runners;

/// <summary>Replicas as local processes: simulator, enclave and host each.</summary>
public sealed class LocalRunner : ProcessRunner
{
    /// <summary>
    /// Where every replica's app finds the enclave's files. In an enclave that is the root; here each has this folder to itself, in a mount namespace of its
    /// own, so that one manifest's arguments hold for all replicas.
    /// </summary>
    public const string NodeFolder = "/run/qos-node";

    private static readonly string[] s_ownMounts =
    [
        "unshare", "--mount", "--propagation", "private", "--",
        "/bin/sh", "-c", $"mkdir -p node && mount --bind node {NodeFolder} && exec \"$@\"", "sh",
    ];

    private readonly LocalRunnerOptions _options;

    /// <param name="options">Where things are.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="RunnerException">The folder of the enclaves' files cannot be made.</exception>
    public LocalRunner(LocalRunnerOptions options, TimeProvider time)
        : base(options.Folder, options.Ports, time)
    {
        _options = options;
        try
        {
            Directory.CreateDirectory(NodeFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException($"local replicas mount their files at {NodeFolder}, which only root can make: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override string Kind => "local";

    private protected override IReadOnlyList<ProgramStart> Programs(InstancePlan plan)
    {
        string version = plan.Launch.QosVersion;
        if (!_options.Measurements.TryGetValue(version, out (string Pcrs, string? RoleArn) image))
            throw new RunnerException($"the local runner has no measurements for the image {version}");
        return
        [
            new(
                "nsm",
                Program("qos-nsm-sim"),
                [
                    "--socket", "nsm.sock", "--pcrs", Path.GetFullPath(image.Pcrs), "--pki-dir", Path.GetFullPath(_options.PkiFolder),
                    .. image.RoleArn is { } arn ? (string[])["--role-arn", arn] : [],
                ],
                []),
            new(
                "host",
                Program("qos-host"),
                [
                    "--enclave-socket", "enclave.sock", "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{plan.HostPort}"),
                    .. plan.Ports.SelectMany(static port => (string[])["--publish", string.Create(CultureInfo.InvariantCulture, $"{port.Key}=127.0.0.1:{port.Value}")]),
                ],
                []),
            new("enclave", Program("qos-enclave"), ["--socket", "enclave.sock", "--nsm", "nsm.sock", "--dir", NodeFolder], s_ownMounts, Awaits: "nsm.sock"),
        ];
    }

    private string Program(string name) => Path.Combine(Path.GetFullPath(_options.Programs), name);
}
