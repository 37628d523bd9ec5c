using Qos.Protocol;

namespace Qos.Cli;

/// <summary>What <c>qos dev run</c> was asked for.</summary>
internal sealed record DevPlan
{
    /// <summary>The app's program: a file of this machine, or of <see cref="Image"/>.</summary>
    public required string App { get; init; }

    /// <summary>The image of a registry that the program is taken out of; null for none.</summary>
    public DevImage? Image { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Its environment.</summary>
    public required IReadOnlyDictionary<string, string> Env { get; init; }

    /// <summary>Its ports.</summary>
    public IReadOnlyList<DevPort> Ports { get; init; } = [];

    /// <summary>What it may reach.</summary>
    public IReadOnlyList<BridgeConfig.Client> Egress { get; init; } = [];

    /// <summary>Whether it is started anew when its file changes.</summary>
    public bool Watches { get; init; }

    /// <summary>Whether the node starts it again when it ends.</summary>
    public RestartPolicy Restart { get; init; }

    /// <summary>The folder in which root, quorum key and boot proof are kept; null for none.</summary>
    public string? Proofs { get; init; }

    /// <summary>The enclave image that it runs in, in a virtual machine; null for processes of this machine.</summary>
    public DevMachine? Machine { get; init; }

    /// <summary>The app's name, for the namespace.</summary>
    public string Name => System.IO.Path.GetFileName(App);

    /// <summary>The bridges, for the manifest.</summary>
    public IReadOnlyList<BridgeConfig> Bridges => [.. Ports.Select(static port => new BridgeConfig.Server(port.Inner, "127.0.0.1")), .. Egress];
}
