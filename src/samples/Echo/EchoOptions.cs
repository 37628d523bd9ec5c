using System.Globalization;

namespace Qos.Sample.Echo;

/// <summary>The command line, which in an enclave is <c>pivot.args</c> of the manifest.</summary>
/// <param name="Port">The port of 127.0.0.1 to listen on; the manifest's bridge leads to it.</param>
/// <param name="QosDirectory">Where the enclave's files are; null means <c>/</c>.</param>
public sealed record EchoOptions(ushort Port, string? QosDirectory)
{
    /// <summary>One line for who called it wrongly.</summary>
    public const string Usage = "usage: qos-sample-echo [--port PORT] [--qos-dir DIRECTORY]";

    /// <summary>Reads the command line; null when it is not of the form of <see cref="Usage"/>.</summary>
    public static EchoOptions? Parse(ReadOnlySpan<string> args)
    {
        EchoOptions options = new(3000, null);
        for (; !args.IsEmpty; args = args[2..])
        {
            if (args.Length < 2)
                return null;

            switch (args[0])
            {
                case "--port" when ushort.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port):
                    options = options with { Port = port };
                    break;
                case "--qos-dir" when args[1].Length > 0:
                    options = options with { QosDirectory = args[1] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
