using System.CommandLine;
using System.Text;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos deploy init</c></summary>
internal sealed class DeployInitCommand : QosCommand
{
    private readonly Option<string> _out = new("--out") { Description = "The file. Default: deploy.yaml.", HelpName = "FILE", DefaultValueFactory = static _ => "deploy.yaml" };

    public DeployInitCommand()
        : base("init", "Write a deployment's file to fill in.", "qos deploy init --out deploy.yaml") => Take(_out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.Write(path, Encoding.UTF8.GetBytes(DeployFile.Template));
        terminal.Page.Wrote(path, "fill it in, then 'qos deploy plan' and 'qos deploy create'");
        return Task.CompletedTask;
    }
}
