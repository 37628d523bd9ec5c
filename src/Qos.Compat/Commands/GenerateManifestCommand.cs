using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client generate-manifest</c></summary>
internal sealed class GenerateManifestCommand : ClientCommand
{
    private readonly Option<uint> _nonce = Standard.Number<uint>("nonce", "Higher than in every manifest of the namespace before.");
    private readonly Option<string> _namespace = Standard.Required("namespace", "The namespace's name.");
    private readonly Option<string> _pivotHash = Standard.Required("pivot-hash-path", "File with the binary's SHA-256 in hex.");
    private readonly PivotOptions _pivot = new();
    private readonly ReleaseOptions _release = new();
    private readonly Option<string> _out = Standard.Required("manifest-path", "The manifest.");
    private readonly SetOptions _sets = new();
    private readonly Option<string> _quorumKey = Standard.Required("quorum-key-path", "The quorum key, from the genesis.");
    private readonly Option<string?> _dns = Standard.Optional("dns-resolvers", "Name servers of a V2 manifest: [1.1.1.1,8.8.8.8].");
    private readonly Option<string> _version = new("--use-manifest-version") { Description = "1 or 2. Default: 1.", DefaultValueFactory = static _ => "1" };
    private readonly TrustOptions _trust = new();

    public GenerateManifestCommand()
        : base("generate-manifest", "Make a manifest.") =>
        Take([
            _nonce, _namespace, _pivotHash, .. _pivot.All, _pivot.Bridges, _pivot.DebugMode, _release.Folder, _release.Pcr3Preimage, _out, _sets.ManifestSet, _sets.ShareSet, _sets.PatchSet,
            _quorumKey, _dns, _version, _trust.Root,
        ]);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestVersion version = parsed.GetValue(_version) switch
        {
            "1" => ManifestVersion.V1,
            "2" => ManifestVersion.V2,
            { } other => throw new FormatException($"unsupported manifest version {VisibleText.Escape(other)}; expected 1 or 2"),
            null => throw new FormatException("--use-manifest-version needs a value"),
        };
        PivotConfig pivot = _pivot.Read(parsed);
        var recipe = new ManifestRecipe
        {
            Version = version,
            Namespace = parsed.GetValue(_namespace)!,
            Nonce = parsed.GetValue(_nonce),
            QuorumKey = KeySource.ReadPublic(parsed.GetValue(_quorumKey)!),
            PivotHash = PivotFile.ReadHash(parsed.GetValue(_pivotHash)!),
            Restart = pivot.Restart,
            DebugMode = pivot.DebugMode,
            Bridges = pivot.BridgeConfig,
            Args = pivot.Args,
            ManifestSet = SetOptions.Read(parsed, _sets.ManifestSet),
            ShareSet = SetOptions.Read(parsed, _sets.ShareSet),
            PatchSet = _sets.ReadPatchSet(parsed, version),
            Pcrs = _release.Pcrs(parsed),
            ExplicitDns = parsed.GetValue(_dns) is { } list
                ? new DnsConfig([.. Standard.Bracketed("dns-resolvers", list).Select(static text => ManifestRecipe.ParseResolver(text))])
                : null,
        };
        Manifest manifest = (_trust.RootDer(parsed) is { } root ? recipe with { Root = root } : recipe).Build();
        Review.Warn(manifest, screen);

        string path = parsed.GetValue(_out)!;
        OutputFile.Write(path, ManifestFormat.Write(manifest), overwrite: true);
        screen.Wrote("Manifest", path);
        return Task.CompletedTask;
    }
}
