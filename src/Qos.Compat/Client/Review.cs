using System.Globalization;
using System.Net;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>The reference's questions about manifests, word for word, so that scripts that answer them still do; everything in them is safe to show.</summary>
internal static class Review
{
    /// <summary>Refuses what must not be approved, and warns of what is dangerous. Format: docs/protocol/manifest.md, Ours, when a manifest is made, shown or approved.</summary>
    /// <exception cref="CeremonyException">A finding refuses the manifest.</exception>
    public static void Warn(Manifest manifest, Screen screen)
    {
        IReadOnlyList<LintFinding> findings = ManifestReview.Lint(manifest);
        ManifestReview.RequireAcceptable(findings);
        foreach (LintFinding finding in findings)
            screen.Warn(finding.ToString());
    }

    /// <summary>What an approver is asked.</summary>
    public static IEnumerable<string> Questions(Manifest manifest)
    {
        yield return $"Is this the correct manifest schema version: {manifest.Version.ToString().ToLowerInvariant()}? (y/n)";
        yield return Name(manifest);
        yield return Nonce(manifest);
        yield return $"Is this the correct pivot restart policy: RestartPolicy::{manifest.Pivot.Restart}? (y/n)";
        yield return $"Are these the correct pivot args:\n{Screen.Listed(manifest.Pivot.Args)}?\n(y/n)";
        yield return $"Is this the correct pivot debug mode: {(manifest.Pivot.DebugMode ? "true" : "false")}? (y/n)";
        yield return $"Is this the correct pivot bridge configuration:\n[{string.Join(", ", manifest.Pivot.BridgeConfig.Select(Bridge))}]?\n(y/n)";
        if (manifest.Version != ManifestVersion.V2)
            yield break;
        yield return manifest.Dns switch
        {
            null => "Is this the correct DNS configuration: absent? (y/n)",
            { Resolvers.Count: 0 } => "Is this the correct DNS configuration: configured with no resolvers? (y/n)",
            { } dns => $"Are these the correct DNS resolvers:\n[{string.Join(", ", dns.Resolvers.Select(static (IPAddress address) => address.ToString()))}]?\n(y/n)",
        };
        if (manifest.Pivot.Env.Count > 0)
            yield return $"Is this the correct pivot environment:\n{Screen.Listed(manifest.Pivot.Env.Select(static pair => $"{pair.Key}={pair.Value}"))}?\n(y/n)";
    }

    /// <summary>What the holder of a share is asked.</summary>
    public static IEnumerable<string> ShareQuestions(ManifestEnvelope envelope, string roleArn)
    {
        yield return Name(envelope.Manifest);
        yield return Nonce(envelope.Manifest);
        yield return $"Does this AWS IAM role belong to the intended organization: {VisibleText.Escape(roleArn)}? (y/n)";
        IEnumerable<string> approvers = envelope.ManifestSetApprovals
            .Select(static approval => $"\talias: {VisibleText.Escape(approval.Member.Alias)}")
            .Order(StringComparer.Ordinal);
        yield return $"The following manifest set members approved:\n{string.Join('\n', approvers)}\nIs this ok? (y/n)";
    }

    private static string Name(Manifest manifest) =>
        $"Is this the correct namespace name: {VisibleText.Escape(manifest.Namespace.Name)}? (y/n)";

    private static string Nonce(Manifest manifest) =>
        string.Create(CultureInfo.InvariantCulture, $"Is this the correct namespace nonce: {manifest.Namespace.Nonce}? (y/n)");

    private static string Bridge(BridgeConfig bridge) => bridge switch
    {
        BridgeConfig.Server server => string.Create(CultureInfo.InvariantCulture, $"Server {{ port: {server.Port}, host: {Screen.Quoted(server.Host)} }}"),
        BridgeConfig.Client { Host: { } host } => string.Create(CultureInfo.InvariantCulture, $"Client {{ port: {bridge.Port}, host: Some({Screen.Quoted(host)}) }}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"Client {{ port: {bridge.Port}, host: None }}"),
    };
}
