using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>What a deployment's manifest must say beyond its identity; nothing of it is demanded.</summary>
internal sealed class RequirementOptions
{
    private readonly Option<string?> _namespace = new("--namespace") { Description = "The namespace's name must be this one.", HelpName = "NAME" };

    private readonly Option<uint?> _minNonce = new("--min-nonce")
    {
        Description = "The manifest's nonce must not be lower: a manifest that was replaced has a lower one.",
        HelpName = "N",
        CustomParser = static result =>
        {
            if (uint.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
                return value;
            result.AddError($"--min-nonce '{result.Tokens[^1].Value}' is not a number from 0 to {uint.MaxValue}");
            return null;
        },
    };

    private readonly Option<string[]> _pivots = new("--pivot") { Description = "The pivot must be this binary; may be repeated.", HelpName = "FILE" };
    private readonly Option<string[]> _pivotHashes = new("--pivot-hash") { Description = "The pivot's SHA-256 must be this; may be repeated.", HelpName = "HEX" };
    private readonly Option<string[]> _args = new("--arg") { Description = "An argument of the pivot, all of them in order; write --arg=VALUE when it begins with a dash.", HelpName = "VALUE" };
    private readonly Option<bool> _noArgs = new("--no-args") { Description = "The pivot must have no arguments." };
    private readonly Option<string[]> _env = new("--env") { Description = "A variable of the pivot's environment, all of them.", HelpName = "NAME=VALUE" };
    private readonly Option<bool> _noEnv = new("--no-env") { Description = "The pivot must have no environment." };
    private readonly Option<string[]> _bridges = new("--bridge") { Description = "A bridge of the pivot, all of them: server:PORT[:ADDRESS], client:PORT[:HOST].", HelpName = "BRIDGE" };
    private readonly Option<bool> _noBridges = new("--no-bridges") { Description = "The pivot must have no bridges." };
    private readonly Option<string?> _shareSet = new("--share-set") { Description = "The holders of shares must be these: a folder of ALIAS.pub and quorum_threshold.", HelpName = "DIR" };

    public RequirementOptions()
    {
        _pivotHashes.Validators.Add(static result => IdentityOptions.RequireHash(result, "--pivot-hash"));
        _env.Validators.Add(static result => StandardOptions.Validate(result, static text => ManifestRecipe.ParseVariable(text)));
        _bridges.Validators.Add(static result => StandardOptions.Validate(result, static text => BridgeText.Parse(text)));
    }

    /// <summary>The options.</summary>
    public Symbol[] All => [_namespace, _minNonce, _pivots, _pivotHashes, _args, _noArgs, _env, _noEnv, _bridges, _noBridges, _shareSet];

    /// <summary>What was asked for.</summary>
    /// <exception cref="UsageException">Something must be there and must not.</exception>
    /// <exception cref="CeremonyException">A file cannot be read.</exception>
    public ManifestRequirements Read(ParseResult parsed) => new()
    {
        Namespace = parsed.GetValue(_namespace),
        MinimumNonce = parsed.GetValue(_minNonce),
        Pivots =
        [
            .. (parsed.GetValue(_pivots) ?? []).Select(static path => (ReadOnlyMemory<byte>)PivotFile.Hash(path)),
            .. (parsed.GetValue(_pivotHashes) ?? []).Select(static hex => (ReadOnlyMemory<byte>)Convert.FromHexString(hex)),
        ],
        Arguments = List(parsed, _args, _noArgs),
        Environment = List(parsed, _env, _noEnv)?.Select(static text => text.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]),
        Bridges = List(parsed, _bridges, _noBridges)?.Select(BridgeText.Parse).ToArray(),
        ShareSet = parsed.GetValue(_shareSet) is { } folder ? MemberSetDirectory.Read(folder) : null,
    };

    private static string[]? List(ParseResult parsed, Option<string[]> some, Option<bool> none)
    {
        string[] values = parsed.GetValue(some) ?? [];
        if (values.Length > 0 && parsed.GetValue(none))
            throw new UsageException($"{some.Name} and {none.Name} contradict each other: give one of them");
        return values.Length > 0 || parsed.GetValue(none) ? values : null;
    }
}
