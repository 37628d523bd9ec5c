using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;
using Qos.Nsm;
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

/// <summary><c>qos_client approve-manifest</c></summary>
internal sealed class ApproveManifestCommand : ClientCommand
{
    private readonly MemberKeyOptions _key = new();
    private readonly Option<string> _manifest = Standard.Required("manifest-path", "The manifest.");
    private readonly Option<string> _folder = Standard.Required("manifest-approvals-dir", "Folder of the approval.");
    private readonly ReleaseOptions _release = new();
    private readonly Option<string> _pivotHash = Standard.Required("pivot-hash-path", "File with the binary's SHA-256 in hex.");
    private readonly Option<string> _alias = Standard.Required("alias", "The member's alias.");
    private readonly Option<string> _quorumKey = Standard.Required("quorum-key-path", "The quorum key, from the genesis.");
    private readonly SetOptions _sets = new();
    private readonly Option<bool> _yes = Standard.Flag("unsafe-auto-confirm", "NEVER IN PRODUCTION: say yes to every question.");
    private readonly TrustOptions _trust = new();

    public ApproveManifestCommand()
        : base("approve-manifest", "Review a manifest against the own files, and sign its hash.") =>
        Take([
            .. _key.All, _manifest, _folder, _release.Folder, _release.Pcr3Preimage, _pivotHash, _alias, _quorumKey, _sets.ManifestSet, _sets.ShareSet,
            _sets.PatchSet, _yes, _trust.Root,
        ]);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        Manifest manifest = InputFile.Manifest(parsed.GetValue(_manifest)!);
        if (Expectation(parsed, manifest.Version).FirstDifference(manifest) is { } difference)
            throw Refuse(screen, difference);
        string alias = parsed.GetValue(_alias)!;
        ManifestApproval.RequireMember(manifest, alias, _key.PublicKey(parsed, screen));
        Review.Warn(manifest, screen);
        if (!parsed.GetValue(_yes) && !Review.Questions(manifest).All(screen.Confirm))
            throw Refuse(screen, "The answer was not yes");

        using IKeyPair key = _key.Open(parsed, screen);
        string path = Path.Combine(parsed.GetValue(_folder)!, ManifestApproval.FileName(manifest, alias));
        OutputFile.Write(path, ApprovalFormat.Write(ManifestApproval.Sign(manifest, alias, key)), overwrite: true);
        screen.Wrote("Manifest Approval", path);
        return Task.CompletedTask;
    }

    private static CeremonyException Refuse(Screen screen, string why)
    {
        screen.Error.WriteLine(why);
        return new CeremonyException("Exiting early without approving manifest");
    }

    private ManifestExpectation Expectation(ParseResult parsed, ManifestVersion version)
    {
        Dictionary<int, byte[]> pcrs = _release.Pcrs(parsed);
        return new ManifestExpectation
        {
            ManifestSet = SetOptions.Read(parsed, _sets.ManifestSet),
            ShareSet = SetOptions.Read(parsed, _sets.ShareSet),
            PatchSet = _sets.ReadPatchSet(parsed, version),
            Enclave = new EnclaveConfig
            {
                Pcr0 = pcrs[0],
                Pcr1 = pcrs[1],
                Pcr2 = pcrs[2],
                Pcr3 = pcrs[3],
                AwsRootCertificate = _trust.RootDer(parsed) ?? AwsRoot.Der.ToArray(),
                QosCommit = "",
            },
            PivotHash = PivotFile.ReadHash(parsed.GetValue(_pivotHash)!),
            QuorumKey = KeySource.ReadPublic(parsed.GetValue(_quorumKey)!),
        };
    }
}

/// <summary><c>qos_client generate-manifest-envelope</c></summary>
internal sealed class GenerateManifestEnvelopeCommand : ClientCommand
{
    private readonly Option<string> _folder = Standard.Required("manifest-approvals-dir", "Folder of the approvals.");
    private readonly Option<string> _manifest = Standard.Required("manifest-path", "The manifest.");
    private readonly Option<string?> _out = Standard.Optional("manifest-envelope-path", "The envelope. Default: manifest_envelope in the folder.");

    public GenerateManifestEnvelopeCommand()
        : base("generate-manifest-envelope", "Put a manifest and its approvals together.") =>
        Take(_folder, _manifest, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_folder)!;
        ManifestEnvelope envelope = ManifestApproval.Assemble(InputFile.Manifest(parsed.GetValue(_manifest)!), folder);
        string path = parsed.GetValue(_out) ?? Path.Combine(folder, "manifest_envelope");
        OutputFile.Write(path, ManifestEnvelopeFormat.Write(envelope), overwrite: true);
        screen.Wrote("Manifest Envelope", path);
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client display</c></summary>
internal sealed class DisplayCommand : ClientCommand
{
    private readonly Option<string> _file = Standard.Required("file-path", "The file.");
    private readonly Option<string> _type = Standard.Required("display-type", "manifest, manifest-envelope or genesis-output.");
    private readonly Option<bool> _json = Standard.Flag("json", "Show it as JSON.");

    public DisplayCommand()
        : base("display", "Show a manifest, a manifest envelope or a genesis output.") =>
        Take(_file, _type, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        bool json = parsed.GetValue(_json);
        switch (parsed.GetValue(_type))
        {
            case "manifest" when json:
                screen.Output.WriteLine(Shown.Json(InputFile.Manifest(path)));
                break;
            case "manifest":
                Shown.Write(screen.Output, InputFile.Manifest(path));
                break;
            case "manifest-envelope" when json:
                screen.Output.WriteLine(Shown.Json(InputFile.ManifestEnvelope(path)));
                break;
            case "manifest-envelope":
                Shown.Write(screen.Output, InputFile.ManifestEnvelope(path));
                break;
            case "genesis-output":
                screen.Output.WriteLine(Shown.Json(InputFile.Read(path, static bytes => GenesisOutputFormat.Read(bytes), "a genesis output")));
                break;
            default:
                throw new FormatException("unrecognized display type; it is manifest, manifest-envelope or genesis-output");
        }
        return Task.CompletedTask;
    }
}

/// <summary><c>qos_client json-to-borsh</c></summary>
internal sealed class JsonToBorshCommand : ClientCommand
{
    private readonly Option<string> _file = Standard.Required("file-path", "The file.");
    private readonly Option<string> _type = Standard.Required("display-type", "manifest or manifest-envelope.");
    private readonly Option<string> _out = Standard.Required("output-path", "The file in Borsh.");

    public JsonToBorshCommand()
        : base("json-to-borsh", "Write a V1 manifest or envelope in Borsh; a V0 one becomes V1, with another hash.") =>
        Take(_file, _type, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        byte[] borsh;
        switch (parsed.GetValue(_type))
        {
            case "manifest":
                borsh = ManifestFormat.WriteBorsh(ToV1(InputFile.Manifest(path)));
                break;
            case "manifest-envelope":
                ManifestEnvelope envelope = InputFile.ManifestEnvelope(path);
                borsh = ManifestEnvelopeFormat.WriteBorsh(envelope with { Manifest = ToV1(envelope.Manifest) });
                break;
            case "genesis-output":
                throw new FormatException("GenesisOutput cannot be converted from JSON");
            default:
                throw new FormatException("unrecognized display type; it is manifest or manifest-envelope");
        }

        OutputFile.Write(parsed.GetValue(_out)!, borsh, overwrite: true);
        return Task.CompletedTask;
    }

    private static Manifest ToV1(Manifest manifest) => manifest.Version == ManifestVersion.V2
        ? throw new FormatException("v2 manifests cannot be represented in borsh")
        : ManifestFormat.ToV1(manifest);
}

/// <summary><c>qos_client pivot-hash</c></summary>
internal sealed class PivotHashCommand : ClientCommand
{
    private readonly Option<string> _out = Standard.Required("output-path", "The pivot hash file.");
    private readonly Option<string> _pivot = Standard.Required("pivot-path", "The binary.");

    public PivotHashCommand()
        : base("pivot-hash", "Write a binary's SHA-256 in hex.") =>
        Take(_out, _pivot);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string hash = Convert.ToHexStringLower(PivotFile.Hash(parsed.GetValue(_pivot)!));
        OutputFile.Write(parsed.GetValue(_out)!, Encoding.ASCII.GetBytes(hash), overwrite: true);
        return Task.CompletedTask;
    }
}
