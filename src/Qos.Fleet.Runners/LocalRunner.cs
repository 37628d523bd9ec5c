using Qos.Local;

namespace Qos.Fleet.Runners;

/// <summary>Replicas as local processes: simulator, enclave and host each.</summary>
public sealed class LocalRunner : ProcessRunner
{
    /// <summary>Where every replica's app finds the enclave's files.</summary>
    public const string NodeFolder = LocalNodePrograms.NodeFolder;

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
        : base(options.Folder, options.Ports, options.Place, time)
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

    private protected override IReadOnlyList<NodeProgram> Programs(InstancePlan plan)
    {
        string version = plan.Launch.QosVersion;
        if (!_options.Measurements.TryGetValue(version, out (string Pcrs, string? RoleArn) image))
            throw new RunnerException($"the local runner has no measurements for the image {version}");
        return new LocalNodePrograms
        {
            Find = name => Path.Combine(Path.GetFullPath(_options.Programs), name),
            PkiFolder = Path.GetFullPath(_options.PkiFolder),
            HostPort = plan.HostPort,
            Ports = plan.Ports,
            RoleArn = image.RoleArn,
        }.Processes(Path.GetFullPath(image.Pcrs), ["--dir", NodeFolder], s_ownMounts);
    }
}
