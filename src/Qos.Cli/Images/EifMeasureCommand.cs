using System.CommandLine;
using Qos.Eif;

namespace Qos.Cli;

/// <summary><c>qos eif measure</c></summary>
internal sealed class EifMeasureCommand : QosCommand
{
    private readonly Argument<string> _file = EifOptions.Image();
    private readonly Option<bool> _json = EifOptions.Json();

    public EifMeasureCommand()
        : base(
            "measure",
            "Print what an image measures to: PCR0, PCR1, PCR2, and PCR8 if it is signed.",
            "qos eif measure qos.eif",
            "qos eif measure qos.eif --json") =>
        Take(_file, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        EifMeasurements measurements = ImageFile.ReadValid(parsed.GetValue(_file)!).Measurements;
        terminal.Output.Write(parsed.GetValue(_json) ? measurements.ToJson() : measurements.ToPcrsText());
        return Task.CompletedTask;
    }
}
