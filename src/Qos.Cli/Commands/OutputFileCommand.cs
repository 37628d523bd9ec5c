using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary>A command whose result is one file, <c>--out</c>.</summary>
internal abstract class OutputFileCommand : QosCommand
{
    private readonly Option<string> _out;
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly Option<bool> _json = StandardOptions.Json();

    /// <param name="name">The command.</param>
    /// <param name="description">What it does.</param>
    /// <param name="file">What the file is.</param>
    /// <param name="examples">Command lines.</param>
    protected OutputFileCommand(string name, string description, string file, params string[] examples)
        : base(name, description, examples)
    {
        _out = StandardOptions.Output(file);
        Take(_out, _force, _json);
    }

    /// <inheritdoc/>
    protected sealed override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        bool force = parsed.GetValue(_force);
        OutputFile.RequireFree(path, force);
        (byte[] bytes, string what) = await MakeAsync(parsed, terminal, cancellationToken);
        OutputFile.Write(path, bytes, force);
        if (!parsed.GetValue(_json))
        {
            terminal.Page.Wrote(path, what);
            return;
        }

        JsonResult.Write(terminal, writer =>
        {
            writer.BeginObject();
            writer.Member("out", path);
            writer.Member("what", what);
            writer.EndObject();
        });
    }

    /// <summary>Makes the file's bytes, and says what they are.</summary>
    protected abstract Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken);
}
