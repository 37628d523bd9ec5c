using System.Net;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>What goes into a new manifest. Format: docs/protocol/manifest.md, V2; V1 and V0.</summary>
public sealed record ManifestRecipe
{
    /// <summary>V2; V1 where tools or nodes need it that know nothing newer.</summary>
    public ManifestVersion Version { get; init; } = ManifestVersion.V2;

    /// <summary>The namespace's name.</summary>
    public required string Namespace { get; init; }

    /// <summary>Higher than that of every manifest of the namespace before.</summary>
    public required uint Nonce { get; init; }

    /// <summary>The quorum key, from the genesis.</summary>
    public required PublicKey QuorumKey { get; init; }

    /// <summary>SHA-256 of the binary.</summary>
    public required ReadOnlyMemory<byte> PivotHash { get; init; }

    /// <summary>What happens when the pivot exits.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>Whether its output is shown on the console.</summary>
    public bool DebugMode { get; init; }

    /// <summary>The bridged ports.</summary>
    public IReadOnlyList<BridgeConfig> Bridges { get; init; } = [];

    /// <summary>The arguments after the program's name.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>The environment, each <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Who approves.</summary>
    public required MemberSet ManifestSet { get; init; }

    /// <summary>Who holds shares.</summary>
    public required MemberSet ShareSet { get; init; }

    /// <summary>V1's patch set, which nothing uses; V1 must have one and V2 none.</summary>
    public PatchSet? PatchSet { get; init; }

    /// <summary>PCR0 to PCR3 of the enclave.</summary>
    public required IReadOnlyDictionary<int, byte[]> Pcrs { get; init; }

    /// <summary>The root that documents must lead to, DER; AWS's by default.</summary>
    public ReadOnlyMemory<byte> Root { get; init; } = AwsRoot.Der.ToArray();

    /// <summary>The commit that the enclave's software was built from; free text.</summary>
    public string QosCommit { get; init; } = "";

    /// <summary>Name servers; none is written when empty.</summary>
    public IReadOnlyList<IPAddress> Dns { get; init; } = [];

    /// <summary>Name servers as given, also when there is none; null for what <see cref="Dns"/> says.</summary>
    public DnsConfig? ExplicitDns { get; init; }

    /// <summary>Makes the manifest; what <see cref="ManifestLint"/> finds in it is for the caller to ask.</summary>
    /// <exception cref="CeremonyException">A measurement is missing, a variable is there twice, or the version does not have what was given.</exception>
    /// <exception cref="FormatException">A variable is not of its form.</exception>
    public Manifest Build()
    {
        if (Version == ManifestVersion.V0)
            throw new CeremonyException("A V0 manifest is read, never made: make a V1 or V2 manifest.");
        if (Version == ManifestVersion.V1 && (Dns.Count > 0 || ExplicitDns is not null || Env.Count > 0))
            throw new CeremonyException("A V1 manifest has neither name servers nor an environment: make a V2 manifest.");
        if (PatchSet is null != (Version == ManifestVersion.V2))
            throw new CeremonyException(PatchSet is null ? "A V1 manifest must have a patch set." : "A V2 manifest has no patch set.");
        return Assemble();
    }

    private Manifest Assemble() => new()
    {
        Version = Version,
        Namespace = new ManifestNamespace(Namespace, Nonce, QuorumKey.Memory),
        Pivot = new PivotConfig
        {
            Hash = PivotHash,
            Restart = Restart,
            BridgeConfig = Bridges,
            DebugMode = DebugMode,
            Args = Args,
            Env = Environment(),
        },
        ManifestSet = ManifestSet,
        ShareSet = ShareSet,
        Enclave = new EnclaveConfig
        {
            Pcr0 = Measurement(0, "the image's file of measurements"),
            Pcr1 = Measurement(1, "the image's file of measurements"),
            Pcr2 = Measurement(2, "the image's file of measurements"),
            Pcr3 = Measurement(3, "the role of the parent instance"),
            AwsRootCertificate = Root,
            QosCommit = QosCommit,
        },
        PatchSet = PatchSet,
        Dns = ExplicitDns ?? (Dns.Count == 0 ? null : new DnsConfig(Dns)),
    };

    /// <summary>Reads a variable, <c>NAME=VALUE</c>.</summary>
    /// <exception cref="FormatException">It has another form.</exception>
    public static (string Name, string Value) ParseVariable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? (text[..at], text[(at + 1)..]) : throw new FormatException($"'{VisibleText.Escape(text)}' is not NAME=VALUE");
    }

    /// <summary>Reads the address of a name server.</summary>
    /// <exception cref="FormatException">It is no address, or not the only way to write it.</exception>
    public static IPAddress ParseResolver(string text) => IPAddress.TryParse(text, out IPAddress? address) && address.ToString() == text
        ? address
        : throw new FormatException($"'{VisibleText.Escape(text)}' is not an IP address, for example 10.0.0.2");

    private ReadOnlyMemory<byte> Measurement(int index, string source) => Pcrs.TryGetValue(index, out byte[]? value)
        ? value
        : throw new CeremonyException($"PCR{index} is missing; it comes from {source}.");

    private SortedDictionary<string, string> Environment()
    {
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string variable in Env)
        {
            (string name, string value) = ParseVariable(variable);
            if (!environment.TryAdd(name, value))
                throw new CeremonyException($"The variable {VisibleText.Escape(name)} is given twice.");
        }

        return environment;
    }
}
