using System.CommandLine;
using Qos.Client;
using Qos.Eif;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos eif verify</c></summary>
internal sealed class EifVerifyCommand : QosCommand
{
    private readonly Argument<string> _file = EifOptions.Image();
    private readonly Option<string?> _pcrs = new("--pcrs")
    {
        Description = "Registers that the image must measure to: lines \"<hex> PCR<n>\", or the JSON that measuring prints.",
        HelpName = "FILE",
    };

    private readonly Option<uint> _time = StandardOptions.Number<uint>(
        "--time", "When the signing certificate must be valid, in seconds since 1970. Default: its time is not judged.", "UNIX");

    public EifVerifyCommand()
        : base(
            "verify",
            "Check that an image is well formed, whole, and signed by the key of its certificate if it is signed. Exit status 0 valid, 1 refused.",
            "qos eif verify qos.eif",
            "qos eif verify qos.eif --pcrs qos.pcrs")
    {
        _time.Required = false;
        Take(_file, _pcrs, _time);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        DateTimeOffset? time = parsed.GetResult(_time) is null ? null : DateTimeOffset.FromUnixTimeSeconds(parsed.GetValue(_time));
        EifImage image = ImageFile.ReadValid(path, time);
        terminal.Page.Line("form and checksum are right", Tone.Good);
        if (image.Signature is { } signature)
            terminal.Page.Field("signed by", signature.Certificate.Subject, Tone.Good);
        else
            terminal.Page.Line("not signed: PCR8 is zero", Tone.Quiet);

        if (parsed.GetValue(_pcrs) is { } pcrs)
        {
            InputFile.RequireOwn(pcrs);
            Compare(terminal, path, image.Measurements, PcrFile.Read(pcrs));
        }
        else
        {
            terminal.Page.Line("not compared with anything: give --pcrs to know that it is the image that was agreed on", Tone.Warning);
        }

        return Task.CompletedTask;
    }

    private static void Compare(Terminal terminal, string path, EifMeasurements measurements, IReadOnlyDictionary<int, byte[]> expected)
    {
        var actual = measurements.Registers.ToDictionary();
        foreach (int index in (int[])[0, 1, 2])
        {
            if (!expected.ContainsKey(index))
                throw new EifException($"PCR{index} is not among the registers to compare: PCR0, PCR1 and PCR2 together say what an image is.");
        }

        foreach ((int index, byte[] value) in expected)
        {
            if (!actual.TryGetValue(index, out ReadOnlyMemory<byte> measured))
                throw new EifException($"{path}: PCR{index} cannot be known from the image{(index == 8 ? ", which is not signed" : "")}.");
            if (!measured.Span.SequenceEqual(value))
            {
                throw new EifException(
                    $"{path}: PCR{index} is {Convert.ToHexStringLower(measured.Span)}, expected {Convert.ToHexStringLower(value)}: this is another image.");
            }

            terminal.Page.Line($"PCR{index} is as expected", Tone.Good);
        }
    }
}
