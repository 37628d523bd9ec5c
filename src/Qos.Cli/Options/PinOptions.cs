using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary>What a member holds from sources of their own, and what they give up by not comparing it.</summary>
/// <param name="trust">The root and the measurements, which are compared as well.</param>
internal sealed class PinOptions(TrustOptions trust)
{
    private readonly SettingOption _manifestSet = new(ProfileSetting.ManifestSet, description: "The manifest set that you hold, compared by aliases, keys and threshold.");
    private readonly SettingOption _shareSet = new(ProfileSetting.ShareSet, description: "The share set that you hold, compared by aliases, keys and threshold.");
    private readonly SettingOption _quorumKey = new(ProfileSetting.QuorumKey, description: "The quorum key that you hold, from the genesis.");
    private readonly SettingOption _namespace = new(ProfileSetting.Namespace, description: "The namespace that it should be of.");
    private readonly SettingOption _manifestHash = new(ProfileSetting.ManifestHash);
    private readonly SettingOption _previous = new(ProfileSetting.Previous);
    private readonly PivotOptions _pivot = new();

    private readonly Option<bool> _anyManifestSet = Waiver("--allow-any-manifest-set", "whoever wrote the manifest may have chosen who approves");
    private readonly Option<bool> _anyShareSet = Waiver("--allow-any-share-set", "anybody may hold shares of the key");
    private readonly Option<bool> _anyQuorumKey = Waiver("--allow-any-quorum-key", "it may be about another key than your quorum's");

    /// <summary>All of them.</summary>
    public Symbol[] All =>
    [
        _manifestSet, _shareSet, _quorumKey, _pivot.File, _pivot.Hash, _namespace, _manifestHash, _previous, _anyManifestSet, _anyShareSet, _anyQuorumKey,
    ];

    /// <summary>What the member holds.</summary>
    /// <exception cref="UsageException">A set or the quorum key is not there, and was not waived.</exception>
    public ManifestPins Read(ParseResult parsed)
    {
        (SettingOption Held, Option<bool> Waiver)[] needed = [(_manifestSet, _anyManifestSet), (_shareSet, _anyShareSet), (_quorumKey, _anyQuorumKey)];
        var missing = new List<SettingOption>();
        foreach ((SettingOption held, Option<bool> waiver) in needed)
        {
            if (parsed.GetValue(waiver) && held.IsOnCommandLine(parsed))
                throw new UsageException($"{held.Name} and {waiver.Name} say the opposite: give one of them");
            if (!parsed.GetValue(waiver) && held.Read(parsed) is null)
                missing.Add(held);
        }

        if (missing.Count > 0)
        {
            throw new UsageException(
                $"say what you hold, to compare the manifest with: {RequiredOptions.Describe(missing)}. An alias in a manifest proves nothing; "
                + $"what is not compared is given up with {string.Join(", ", needed.Where(pair => missing.Contains(pair.Held)).Select(static pair => pair.Waiver.Name))}");
        }

        return new ManifestPins
        {
            ManifestSet = Held(parsed, _manifestSet, _anyManifestSet) is { } manifestSet ? MemberSetDirectory.Read(manifestSet) : null,
            ShareSet = Held(parsed, _shareSet, _anyShareSet) is { } shareSet ? MemberSetDirectory.Read(shareSet) : null,
            QuorumKey = Held(parsed, _quorumKey, _anyQuorumKey) is { } key ? KeySource.ReadPublic(key) : null,
            PivotHash = _pivot.Read(parsed) is { } hash ? hash : default(ReadOnlyMemory<byte>?),
            Pcrs = trust.Measurements(parsed),
            Root = trust.RootDer(parsed) ?? Nsm.AwsRoot.Der.ToArray(),
            Namespace = _namespace.Read(parsed),
            ManifestHash = _manifestHash.Read(parsed) is { } hex ? Convert.FromHexString(hex) : default(ReadOnlyMemory<byte>?),
            Previous = _previous.Read(parsed) is { } previous ? InputFile.Manifest(previous) : null,
        };
    }

    /// <summary>What is wrong with the binary itself, where its file was named.</summary>
    public IReadOnlyList<LintFinding> LintPivot(ParseResult parsed) => _pivot.Lint(parsed);

    private static string? Held(ParseResult parsed, SettingOption option, Option<bool> waiver) => parsed.GetValue(waiver) ? null : option.Read(parsed);

    private static Option<bool> Waiver(string name, string danger) => new(name) { Description = $"Do not compare it: {danger}." };
}
