using System.CommandLine;
using System.Globalization;
using System.Text;
using Qos.Client;
using Qos.Eif;

namespace Qos.Cli;

/// <summary><c>qos eif ramdisk</c></summary>
internal sealed class EifRamdiskCommand : QosCommand
{
    private readonly Argument<string> _list = new("LIST") { Description = "What the ramdisk holds: lines dir, file, slink and nod." };
    private readonly Option<string?> _root = new("--root") { Description = "The folder that sources lie in. Default: the list's.", HelpName = "DIR" };
    private readonly Option<bool> _gzip = new("--gzip") { Description = "Compress it; the bytes are the same on every host." };
    private readonly Option<string> _out = StandardOptions.Output("Write the ramdisk to this file.");
    private readonly Option<bool> _force = StandardOptions.Force();

    public EifRamdiskCommand()
        : base(
            "ramdisk",
            "Make a ramdisk from a list; its bytes depend on the list and the files alone.",
            "qos eif ramdisk eif/boot.list --root out --gzip --out out/boot.cpio.gz") =>
        Take(_list, _root, _gzip, _out, _force);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_list)!;
        string root = parsed.GetValue(_root) ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
        var list = RamdiskList.Parse(Encoding.UTF8.GetString(InputFile.Bytes(path)), path);
        string target = parsed.GetValue(_out)!;
        bool compress = parsed.GetValue(_gzip);
        Func<string, EifPartSource> files = RamdiskArchive.FilesBelow(root);
        OutputFile.Write(
            target,
            output =>
            {
                if (compress)
                    RamdiskArchive.WriteCompressed(list, files, output);
                else
                    RamdiskArchive.Write(list, files, output);
            },
            parsed.GetValue(_force));
        terminal.Page.Wrote(target, string.Create(CultureInfo.InvariantCulture, $"{list.Entries.Count} entries, {new FileInfo(target).Length} bytes"));
        return Task.CompletedTask;
    }
}
