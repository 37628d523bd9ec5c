using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest new</c></summary>
internal sealed class ManifestNewCommand : QosCommand
{
    private readonly Option<string> _out = StandardOptions.Output("The manifest.");
    private readonly SettingOption _namespace = new(ProfileSetting.Namespace, isNeeded: true);
    private readonly Option<uint> _nonce = StandardOptions.Number<uint>("--nonce", "Higher than in every manifest of the namespace before.", "N");
    private readonly SettingOption _quorumKey = new(ProfileSetting.QuorumKey, isNeeded: true);
    private readonly PivotOptions _pivot = new();
    private readonly SettingOption _manifestSet = new(ProfileSetting.ManifestSet, isNeeded: true);
    private readonly SettingOption _shareSet = new(ProfileSetting.ShareSet, isNeeded: true);
    private readonly TrustOptions _trust = new();
    private readonly Option<string?> _pcr3Preimage = new("--pcr3-preimage") { Description = "Instead of --role-arn: a file that holds it.", HelpName = "FILE" };
    private readonly Option<string> _commit = new("--qos-commit") { Description = "The commit that the enclave's software was built from.", HelpName = "TEXT", DefaultValueFactory = static _ => "" };
    private readonly RestartOption _restart = new("What happens when the binary exits.");
    private readonly Option<bool> _debug = new("--debug") { Description = "Let its output be read outside. Never in production." };
    private readonly Option<string[]> _bridges = StandardOptions.Repeated("--bridge", "A port in or out: server:PORT[:ADDRESS], client:PORT[:HOST].", "BRIDGE");
    private readonly Option<string[]> _args = StandardOptions.Repeated("--arg", "An argument of the binary; write --arg=VALUE when it begins with a dash.", "VALUE");
    private readonly Option<string[]> _env = StandardOptions.Repeated("--env", "A variable of its environment.", "NAME=VALUE");
    private readonly Option<string[]> _dns = StandardOptions.Repeated("--dns", "A name server.", "IP");
    private readonly SettingOption _previous = StandardOptions.Previous();
    private readonly Option<bool> _acceptWarnings = StandardOptions.AcceptWarnings();
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly Option<bool> _json = StandardOptions.Json();

    public ManifestNewCommand()
        : base(
            "new",
            "Make a manifest: which binary may hold the quorum key, in which enclave, and who must agree.",
            "qos manifest new --out manifest --namespace prod/signer --nonce 7 --quorum-key genesis/quorum_key.pub --pivot signer"
            + " --manifest-set manifest-set --share-set share-set --pcrs aws-x86_64.pcrs --pcr3-preimage pcr3-preimage.txt --bridge server:3000")
    {
        Take(_out, _namespace, _nonce, _quorumKey, _pivot.File, _pivot.Hash, _manifestSet, _shareSet, _trust.Pcrs, _trust.RoleArn, _trust.Pcr3, _pcr3Preimage);
        Take(_trust.Root, _commit, _restart, _debug, _bridges, _args, _env, _dns, _previous, _acceptWarnings, _force, _json);
        Validators.Add(ValidateSources);
        _bridges.Validators.Add(static result => StandardOptions.Validate(result, static text => BridgeText.Parse(text)));
        _dns.Validators.Add(static result => StandardOptions.Validate(result, static text => ManifestRecipe.ParseResolver(text)));
        _env.Validators.Add(static result => StandardOptions.Validate(result, static text => ManifestRecipe.ParseVariable(text)));
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path, parsed.GetValue(_force));
        byte[] pivotHash = _pivot.Read(parsed) ?? throw new UsageException("name the binary by one of --pivot and --pivot-hash");
        Manifest manifest = Recipe(parsed, pivotHash).Build();
        Manifest? previous = _previous.Read(parsed) is { } before ? InputFile.Manifest(before) : null;
        ManifestPage.Answer(terminal, [.. _pivot.Lint(parsed), .. ManifestReview.Lint(manifest, previous)], parsed.GetValue(_acceptWarnings));
        OutputFile.Write(path, ManifestFormat.Write(manifest), parsed.GetValue(_force));
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("out", path);
                writer.Member("hash", manifest.Hash());
                writer.EndObject();
            });
            return Task.CompletedTask;
        }

        terminal.Page.Wrote(path, $"manifest of {VisibleText.Escape(manifest.Namespace.Name)}, nonce {manifest.Namespace.Nonce}");
        terminal.Page.Field("hash", Convert.ToHexStringLower(manifest.Hash()));
        return Task.CompletedTask;
    }

    private ManifestRecipe Recipe(ParseResult parsed, byte[] pivotHash)
    {
        var recipe = new ManifestRecipe
        {
            Namespace = _namespace.Require(parsed),
            Nonce = parsed.GetValue(_nonce),
            QuorumKey = KeySource.ReadPublic(_quorumKey.Require(parsed)),
            PivotHash = pivotHash,
            Restart = _restart.Of(parsed),
            DebugMode = parsed.GetValue(_debug),
            Bridges = [.. Values(parsed, _bridges).Select(BridgeText.Parse)],
            Args = Values(parsed, _args),
            Env = Values(parsed, _env),
            ManifestSet = MemberSetDirectory.Read(_manifestSet.Require(parsed)),
            ShareSet = MemberSetDirectory.Read(_shareSet.Require(parsed)),
            Pcrs = Measurements(parsed),
            QosCommit = parsed.GetValue(_commit)!,
            Dns = [.. Values(parsed, _dns).Select(IPAddress.Parse)],
        };
        return _trust.RootDer(parsed) is { } root ? recipe with { Root = root } : recipe;
    }

    private Dictionary<int, byte[]> Measurements(ParseResult parsed)
    {
        Dictionary<int, byte[]> pcrs = _trust.Measurements(parsed);
        if (parsed.GetValue(_pcr3Preimage) is not { } file)
            return pcrs;
        string role = InputFile.Text(file);
        if (RoleArn.Describe(role) is { } complaint)
            throw new CeremonyException($"{file}: it {complaint}.");
        pcrs[3] = Nsm.Pcr.FromRoleArn(role);
        return pcrs;
    }

    private void ValidateSources(CommandResult result)
    {
        if (result.GetValue(_pcr3Preimage) is not null && (result.GetResult(_trust.RoleArn) ?? result.GetResult(_trust.Pcr3)) is not null)
            result.AddError("--pcr3-preimage, --role-arn and --pcr3 all say what PCR3 is: give one of them");
    }

    private static string[] Values(ParseResult parsed, Option<string[]> option) => parsed.GetValue(option) ?? [];
}
