using System.Globalization;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>The checks against what the verifier holds: identity, debug mode, and what else the manifest must say.</summary>
internal static class PolicyChecks
{
    /// <summary>Whose deployment it is.</summary>
    /// <param name="checks">Where the checks go.</param>
    /// <param name="manifest">The manifest, or null when it could not be read.</param>
    /// <param name="hash">SHA-256 of the manifest's bytes.</param>
    /// <param name="key">The proof's ephemeral key, or null.</param>
    /// <param name="policy">What is demanded.</param>
    /// <param name="isHeld">Whether the caller brought the manifest, which then is the identity.</param>
    public static void Identity(
        CheckList checks, Manifest? manifest, ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte>? key, VerificationPolicy policy, bool isHeld)
    {
        DeploymentIdentity identity = policy.Identity;
        if (identity.IsAnyone)
        {
            if (!isHeld)
                checks.Add(new(CheckNames.Identity, CheckOutcome.Waived, Detail: "a deployment of any quorum, also a stranger's: accepted because that was asked for"));
            return;
        }

        OneOf(checks, CheckNames.IdentityQuorumKey, identity.QuorumKeys, manifest?.Namespace.QuorumKey, "the manifest names the quorum key of another application", Weakness(checks, policy));
        OneOf(checks, CheckNames.IdentityManifestHash, identity.ManifestHashes, hash, "it is another manifest");
        OneOf(checks, CheckNames.IdentityEphemeralKey, identity.EphemeralKeys, key, "it is another enclave's key");
        if (identity.ManifestSets.Count > 0)
            Set(checks, CheckNames.IdentityManifestSet, identity.ManifestSets, manifest?.ManifestSet, "other people approved the manifest");
    }

    /// <summary>Whose app proof it is, where nothing but the app proof is there.</summary>
    public static void AppIdentity(CheckList checks, ReadOnlyMemory<byte>? key, VerificationPolicy policy)
    {
        const string Alone = "an app proof alone does not say whose deployment made it: verify it with its boot proof";
        DeploymentIdentity identity = policy.Identity;
        if (identity.IsAnyone)
            checks.Add(new(CheckNames.Identity, CheckOutcome.Waived, Detail: "signed by any key: accepted because that was asked for"));
        else if (identity.NamesDeployment)
            checks.Fail(CheckNames.Identity, Alone);
        OneOf(checks, CheckNames.IdentityEphemeralKey, identity.EphemeralKeys, key, "it is another key");
        if (!policy.Measurements.IsAny)
            checks.Fail(CheckNames.TrustedPcrs, "an app proof alone carries no measurements: verify it with its boot proof");
    }

    /// <summary>That nobody reads along: neither the enclave nor the manifest is in debug mode.</summary>
    public static void DebugMode(CheckList checks, AttestationDocument? document, Manifest? manifest, VerificationPolicy policy)
    {
        Debug(checks, CheckNames.DocumentDebug, document is null ? null : DocumentChecks.IsDebug(document), policy, "PCR0 to PCR2 are zero: the enclave runs in debug mode, and nothing is proven about its code");
        Debug(checks, CheckNames.ManifestDebug, manifest?.Pivot.DebugMode, policy, "the manifest is in debug mode: the app's output can be read outside");
    }

    /// <summary>What else the manifest must say.</summary>
    public static void Manifest(CheckList checks, Manifest? manifest, ManifestRequirements required)
    {
        if (required.Namespace is { } name)
            Text(checks, CheckNames.RequiredNamespace, name, manifest?.Namespace.Name);
        if (required.MinimumNonce is { } nonce)
            MinimumNonce(checks, nonce, manifest?.Namespace.Nonce);
        if (required.Arguments is { } arguments)
            Text(checks, CheckNames.RequiredArguments, PivotText.Arguments(arguments), manifest is null ? null : PivotText.Arguments(manifest.Pivot.Args));
        if (required.Environment is { } environment)
            Text(checks, CheckNames.RequiredEnvironment, PivotText.Environment(environment), manifest is null ? null : PivotText.Environment(manifest.Pivot.Env));
        if (required.Bridges is { } bridges)
            Text(checks, CheckNames.RequiredBridges, PivotText.Bridges(bridges), manifest is null ? null : PivotText.Bridges(manifest.Pivot.BridgeConfig));
        if (required.ShareSet is { } set)
            Set(checks, CheckNames.RequiredShareSet, [set], manifest?.ShareSet, "other people hold the shares");
    }

    // Anyone can write a quorum key into a manifest; trusted code that commits to its live key only once it has the quorum key proves it.
    private static string? Weakness(CheckList checks, VerificationPolicy policy) =>
        policy.Measurements.IsAny ? "the manifest names it, and without trusted measurements nothing proves that the enclave has it"
        : checks.Checks.Any(static check => check is { Name: CheckNames.LiveCommitment, Outcome: CheckOutcome.Waived })
            ? "the manifest names it, and without the commitment to the live key only an app proof shows that the enclave has it"
        : null;

    private static void OneOf(
        CheckList checks, string name, IReadOnlyList<ReadOnlyMemory<byte>> trusted, ReadOnlyMemory<byte>? actual, string otherwise, string? whenKnown = null)
    {
        if (trusted.Count == 0)
            return;
        if (actual is not { } value)
        {
            checks.NotRun(name);
            return;
        }

        bool isKnown = trusted.Any(bytes => bytes.Span.SequenceEqual(value.Span));
        string expected = string.Join(" or ", trusted.Select(static bytes => CheckList.Shown(bytes)));
        checks.Add(new(name, isKnown ? CheckOutcome.Passed : CheckOutcome.Failed, expected, CheckList.Shown(value), isKnown ? whenKnown : otherwise));
    }

    private static void Set(CheckList checks, string name, IReadOnlyList<MemberSet> trusted, MemberSet? actual, string otherwise)
    {
        if (actual is null)
        {
            checks.NotRun(name);
            return;
        }

        bool isKnown = trusted.Any(set => IsSame(set, actual));
        checks.Add(new(
            name, isKnown ? CheckOutcome.Passed : CheckOutcome.Failed, string.Join(" or ", trusted.Select(PivotText.Set)), PivotText.Set(actual), isKnown ? null : otherwise));
    }

    private static bool IsSame(MemberSet left, MemberSet right) =>
        left.Threshold == right.Threshold && Keys(left).SequenceEqual(Keys(right), StringComparer.Ordinal);

    private static IEnumerable<string> Keys(MemberSet set) =>
        set.Members.Select(static member => Convert.ToHexStringLower(member.PubKey.Span)).Order(StringComparer.Ordinal);

    private static void Text(CheckList checks, string name, string expected, string? actual)
    {
        if (actual is null)
            checks.NotRun(name);
        else
            checks.Add(new(name, expected == actual ? CheckOutcome.Passed : CheckOutcome.Failed, expected, actual));
    }

    private static void MinimumNonce(CheckList checks, uint minimum, uint? actual)
    {
        if (actual is not { } nonce)
        {
            checks.NotRun(CheckNames.RequiredNonce);
            return;
        }

        checks.Add(new(
            CheckNames.RequiredNonce,
            nonce >= minimum ? CheckOutcome.Passed : CheckOutcome.Failed,
            string.Create(CultureInfo.InvariantCulture, $"at least {minimum}"),
            nonce.ToString(CultureInfo.InvariantCulture),
            nonce >= minimum ? null : "the manifest is an older one"));
    }

    private static void Debug(CheckList checks, string name, bool? isDebug, VerificationPolicy policy, string detail)
    {
        if (isDebug is null)
            checks.NotRun(name);
        else if (isDebug == false)
            checks.Pass(name);
        else if (policy.AllowDebug)
            checks.Add(new(name, CheckOutcome.Waived, Detail: $"{detail}: accepted because that was asked for"));
        else
            checks.Fail(name, detail);
    }
}
