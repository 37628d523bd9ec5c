using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node info</c></summary>
internal sealed class NodeInfoCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public NodeInfoCommand()
        : base("info", "Show what a node was booted with, and who agreed.", "qos node info --host http://127.0.0.1:3001") =>
        Take(_host.Option, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        using NodeClient node = _host.Open(parsed);
        NodeStatus status = await node.StatusAsync(cancellationToken);
        ManifestEnvelope? envelope = status.Phase == ProtocolPhase.GenesisBooted ? null : await node.EnvelopeAsync(cancellationToken);
        if (parsed.GetValue(_json))
            WriteJson(terminal, status, envelope);
        else
            Show(terminal.Page, status, envelope);
    }

    private static void Show(Page page, NodeStatus status, ManifestEnvelope? envelope)
    {
        NodeStatusResult.Show(page, status);
        if (envelope is null)
            return;
        Manifest manifest = envelope.Manifest;
        page.Field("namespace", manifest.Namespace.Name);
        page.Field("nonce", manifest.Namespace.Nonce.ToString(CultureInfo.InvariantCulture));
        page.Field("manifest hash", Convert.ToHexStringLower(manifest.Hash()));
        page.Field("pivot hash", Convert.ToHexStringLower(manifest.Pivot.Hash.Span));
        page.Field("quorum key", Convert.ToHexStringLower(manifest.Namespace.QuorumKey.Span));
        page.Field("approved by", Names(manifest, manifest.ManifestSet, envelope.ManifestSetApprovals));
        page.Field("shares from", Names(manifest, manifest.ShareSet, envelope.ShareSetApprovals));
    }

    private static void WriteJson(Terminal terminal, NodeStatus status, ManifestEnvelope? envelope) => JsonResult.Write(terminal, writer =>
    {
        writer.BeginObject();
        writer.Member("phase", PhaseText.Format(status.Phase));
        if (envelope is not null)
        {
            Manifest manifest = envelope.Manifest;
            writer.Member("namespace", manifest.Namespace.Name);
            writer.WritePropertyName("nonce");
            writer.WriteInteger((ulong)manifest.Namespace.Nonce);
            writer.Member("manifestHash", manifest.Hash());
            writer.Member("pivotHash", manifest.Pivot.Hash.Span);
            writer.Member("quorumKey", manifest.Namespace.QuorumKey.Span);
            writer.Member("manifestSetApprovals", Holding(manifest, manifest.ManifestSet, envelope.ManifestSetApprovals));
            writer.Member("shareSetApprovals", Holding(manifest, manifest.ShareSet, envelope.ShareSetApprovals));
            writer.WritePropertyName("approvalsThatDoNotHold");
            writer.WriteInteger((long)(Others(manifest, manifest.ManifestSet, envelope.ManifestSetApprovals) + Others(manifest, manifest.ShareSet, envelope.ShareSetApprovals)));
        }

        writer.EndObject();
    });

    // A host can put any name into what it answers; only a signature says who agreed.
    private static string Names(Manifest manifest, MemberSet set, IReadOnlyList<Approval> approvals)
    {
        string[] names = [.. Holding(manifest, set, approvals).Select(VisibleText.Name)];
        int others = Others(manifest, set, approvals);
        return (names.Length == 0 ? "nobody yet" : string.Join(", ", names))
            + (others == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {others} that do not hold: no member's, or no signature of this manifest"));
    }

    private static IEnumerable<string> Holding(Manifest manifest, MemberSet set, IReadOnlyList<Approval> approvals) =>
        ManifestApproval.Holding(manifest, set, approvals).Select(static approval => approval.Member.Alias).Distinct(StringComparer.Ordinal);

    private static int Others(Manifest manifest, MemberSet set, IReadOnlyList<Approval> approvals) =>
        approvals.Count - ManifestApproval.Holding(manifest, set, approvals).Count;
}
