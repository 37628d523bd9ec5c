using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using Qos.Client;
using Qos.Keys;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>Whose deployment a proof must come from: demanded, or given up by name.</summary>
internal sealed class IdentityOptions
{
    private readonly Option<string[]> _quorumKeys = new("--quorum-key")
    {
        Description = "Whose deployment: the application's quorum key, 260 hex digits or a file; may be repeated.",
        HelpName = "HEX|FILE",
    };

    private readonly Option<string[]> _manifestSets = new("--manifest-set")
    {
        Description = "Whose deployment: the people who approve its manifests, a folder of ALIAS.pub and quorum_threshold; may be repeated.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _manifestHashes = new("--manifest-hash")
    {
        Description = "Whose deployment: the manifest's hash, 64 hex digits; may be repeated.",
        HelpName = "HEX",
    };

    private readonly Option<string[]> _manifests = new("--manifest") { Description = "Whose deployment: the manifest itself; may be repeated.", HelpName = "FILE" };

    private readonly Option<string[]> _ephemeralKeys = new("--ephemeral-key")
    {
        Description = "The enclave's live ephemeral key, from a boot proof that was verified before, 260 hex digits or a file; may be repeated.",
        HelpName = "HEX|FILE",
    };

    private readonly Option<bool> _allowAnyQuorum = new("--allow-any-quorum") { Description = "Accept a deployment of any quorum, also a stranger's." };
    private readonly Option<bool> _allowAnyKey = new("--allow-any-key") { Description = "Accept a payload that any key signed: it then proves nothing about who made it." };

    public IdentityOptions() => _manifestHashes.Validators.Add(static result => RequireHash(result, "--manifest-hash"));

    /// <summary>The options for proofs with a manifest.</summary>
    public Symbol[] ForDeployments => [_quorumKeys, _manifestSets, _manifestHashes, _manifests, _ephemeralKeys, _allowAnyQuorum];

    /// <summary>The options for app proofs alone.</summary>
    public Symbol[] ForAppProofs => [_ephemeralKeys, _allowAnyKey];

    /// <summary>The identity that was named for a proof with a manifest.</summary>
    /// <returns>The identity, or null when none was named and none was given up.</returns>
    /// <exception cref="UsageException">It was named and given up.</exception>
    /// <exception cref="CeremonyException">A file cannot be read.</exception>
    public DeploymentIdentity? OfDeployment(ParseResult parsed)
    {
        DeploymentIdentity[] named =
        [
            .. Values(parsed, _quorumKeys).Select(static text => DeploymentIdentity.FromQuorumKey(ReadKey(text))),
            .. Values(parsed, _manifestSets).Select(static folder => DeploymentIdentity.FromManifestSet(MemberSetDirectory.Read(folder))),
            .. Values(parsed, _manifestHashes).Select(static hex => DeploymentIdentity.FromManifestHash(Convert.FromHexString(hex))),
            .. Values(parsed, _manifests).Select(static path => DeploymentIdentity.FromManifestHash(InputFile.Manifest(path).Hash())),
        ];
        DeploymentIdentity? keys = EphemeralKeys(parsed);
        if (named.Length > 0 && parsed.GetValue(_allowAnyQuorum))
            throw new UsageException("--allow-any-quorum gives up what --quorum-key, --manifest-set, --manifest-hash and --manifest demand: give one or the other");
        if (named.Length == 0 && parsed.GetValue(_allowAnyQuorum))
            return keys ?? DeploymentIdentity.Anyone;
        if (named.Length == 0)
            named = OfProfile(((QosInvocation)parsed.InvocationConfiguration).Settings);
        return named.Length == 0 ? null : (keys is null ? named : [.. named, keys]).Aggregate(static (left, right) => left.And(right));
    }

    // What the environment and the profile hold, where nothing was typed.
    private static DeploymentIdentity[] OfProfile(Settings settings)
    {
        List<DeploymentIdentity> held = [];
        if (settings.Read(ProfileSetting.QuorumKey) is { } key)
            held.Add(DeploymentIdentity.FromQuorumKey(ReadKey(key)));
        if (settings.Read(ProfileSetting.ManifestSet) is { } folder)
            held.Add(DeploymentIdentity.FromManifestSet(MemberSetDirectory.Read(folder)));
        if (settings.Read(ProfileSetting.ManifestHash) is { } hex)
            held.Add(DeploymentIdentity.FromManifestHash(Convert.FromHexString(hex)));
        return [.. held];
    }

    /// <summary>The identity that was named for an app proof alone, as <see cref="OfDeployment"/>.</summary>
    public DeploymentIdentity? OfAppProof(ParseResult parsed)
    {
        DeploymentIdentity? keys = EphemeralKeys(parsed);
        if (keys is not null && parsed.GetValue(_allowAnyKey))
            throw new UsageException("--allow-any-key gives up what --ephemeral-key demands: give one or the other");
        return parsed.GetValue(_allowAnyKey) ? DeploymentIdentity.Anyone : keys;
    }

    /// <summary>Refuses a value that is not a SHA-256 in hex.</summary>
    public static void RequireHash(OptionResult result, string name)
    {
        foreach (Token token in result.Tokens)
        {
            if (token.Value.Length != 2 * SHA256.HashSizeInBytes || !token.Value.All(char.IsAsciiHexDigit))
                result.AddError($"{name} '{token.Value}' is not 64 hex digits");
        }
    }

    private DeploymentIdentity? EphemeralKeys(ParseResult parsed)
    {
        DeploymentIdentity[] keys = [.. Values(parsed, _ephemeralKeys).Select(static text => DeploymentIdentity.FromEphemeralKey(ReadKey(text)))];
        return keys.Length == 0 ? null : keys.Aggregate(static (left, right) => left.And(right));
    }

    private static ReadOnlyMemory<byte> ReadKey(string text) =>
        text.Length == 2 * PublicKey.Size && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : KeySource.ReadPublic(text).Memory;

    private static string[] Values(ParseResult parsed, Option<string[]> option) => parsed.GetValue(option) ?? [];
}
