using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos share destroy</c></summary>
internal sealed class ShareDestroyCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "Your share, as 'genesis accept' or 'reshare accept' wrote it." };
    private readonly Option<bool> _yes = StandardOptions.Yes();

    public ShareDestroyCommand()
        : base(
            "destroy",
            "Overwrite a share and remove it, as after a reshare. It is a promise, not a proof: what it cannot reach is said.",
            "qos share destroy alice.share") => Take(_file, _yes);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        string hash = ShareFile.Require(path);
        Page page = terminal.Page;
        page.Field("share", path);
        page.Field("SHA-256", hash);
        page.Line("Before: have the new set rehearse ('qos drill'). When too few shares are left, the key is lost with them.", Tone.Warning);
        if (!parsed.GetValue(_yes) && !terminal.Confirm("Destroy this share?", "--yes"))
            throw new CeremonyException("You did not agree; the share is still there.");
        ShareFile.Destroy(path);
        page.Line("The file was overwritten and removed.", Tone.Good);
        page.Line("Out of reach: copies, backups, snapshots and printouts; the cells that a solid-state disk wrote before; a file system that writes elsewhere.");
        page.Line("Who has such a copy and your secret key still has the share: destroy that key too where it opens nothing else.");
        return Task.CompletedTask;
    }
}
