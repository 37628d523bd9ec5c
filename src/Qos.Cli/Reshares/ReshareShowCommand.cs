using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare show</c></summary>
internal sealed class ReshareShowCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The request, or an approved one." };

    public ReshareShowCommand()
        : base("show", "Show a request: who holds shares, who gets new ones, of which key. Nothing is compared or verified.", "qos reshare show request") => Take(_file);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ResharePage.Show(terminal.Page, InputFile.Read(parsed.GetValue(_file)!, Read, "a reshare request"));
        return Task.CompletedTask;
    }

    private static ReshareRequest Read(byte[] bytes)
    {
        try
        {
            return ReshareFormat.Read(bytes);
        }
        catch (FormatException notAlone)
        {
            try
            {
                return ReshareFormat.ReadEnvelope(bytes).Request;
            }
            catch (FormatException)
            {
                throw notAlone;
            }
        }
    }
}
