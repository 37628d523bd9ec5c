using Qos.Fleet;
using Qos.Fleet.Kubernetes;
using Qos.Fleet.Runners;

namespace Qos.Control;

/// <summary>Makes the runner that the settings name.</summary>
internal static class RunnerChoice
{
    /// <exception cref="ControlException">There is no such runner, or it lacks something.</exception>
    public static IRunner Make(ControlSettings settings, IServiceProvider services, TimeProvider time) => settings.Runner.Kind switch
    {
        "local" => new LocalRunner(
            new LocalRunnerOptions
            {
                Folder = settings.Runner.Folder,
                Place = settings.Runner.Place,
                Programs = Programs(settings, "qos-enclave", "qos-host", "qos-nsm-sim"),
                PkiFolder = settings.Runner.Pki ?? throw new ControlException("The local runner needs the simulator's authority: runner.pki."),
                Measurements = settings.Images.ToDictionary(static image => image.Version, static image => (image.Pcrs, image.RoleArn)),
                Ports = new PortRange(settings.Runner.FirstPort, settings.Runner.LastPort),
            },
            time),
        "machine" => new MachineRunner(
            new MachineRunnerOptions
            {
                Folder = settings.Runner.Folder,
                Place = settings.Runner.Place,
                Programs = Programs(settings, "qos-host"),
                Script = settings.Runner.Script ?? throw new ControlException("The machine runner needs eif/qemu/run: runner.script."),
                PkiFolder = settings.Runner.Pki ?? throw new ControlException("The machine runner needs the simulator's authority: runner.pki."),
                Images = settings.Images.ToDictionary(static image => image.Version, static image => (Eif(image), image.RoleArn)),
                Ports = new PortRange(settings.Runner.FirstPort, settings.Runner.LastPort),
            },
            time),
        "nitro" => new NitroRunner(
            new NitroRunnerOptions
            {
                Folder = settings.Runner.Folder,
                Place = settings.Runner.Place,
                Programs = Programs(settings, "qos-host"),
                NitroCli = settings.Runner.Script ?? "nitro-cli",
                Images = settings.Images.ToDictionary(static image => image.Version, Eif),
                Ports = new PortRange(settings.Runner.FirstPort, settings.Runner.LastPort),
            },
            time),
        "kubernetes" => new KubernetesRunner(
            services.GetRequiredService<Cluster>().Client, services.GetRequiredService<Cluster>().Options, time, services.GetRequiredService<ILogger<KubernetesRunner>>()),
        _ => throw new ControlException($"There is no runner '{settings.Runner.Kind}': there are local, machine, nitro and kubernetes."),
    };

    // Found when the service starts, and not at each replica.
    private static string Programs(ControlSettings settings, params string[] names) =>
        names.Select(name => Path.Combine(settings.Runner.Programs, name)).FirstOrDefault(static path => !File.Exists(path)) is { } missing
            ? throw new ControlException($"{missing} is missing: runner.programs is the folder of the programs.")
            : settings.Runner.Programs;

    private static string Eif(ImageSettings image) => image.Eif ?? throw new ControlException($"The image {image.Version} has no eif, which this runner boots.");
}
