using System.Globalization;

namespace Qos.Sample.Policy;

/// <summary>The command line, which in an enclave is <c>pivot.args</c> of the manifest: its approvers sign the owner's key with it.</summary>
/// <param name="Port">The port of 127.0.0.1 to listen on; a server bridge leads to it.</param>
/// <param name="StorePort">The port of 127.0.0.1 where the store answers: a client bridge.</param>
/// <param name="Owner">The key that must stamp the creation of an organization, compressed, 66 hex digits.</param>
/// <param name="QosDirectory">Where the enclave's files are; null means <c>/</c>.</param>
public sealed record PolicyOptions(ushort Port, ushort StorePort, string Owner, string? QosDirectory)
{
    /// <summary>One line for who called it wrongly.</summary>
    public const string Usage = "usage: qos-sample-policy --owner KEY [--port PORT] [--store-port PORT] [--qos-dir DIRECTORY]\n"
        + "KEY is the owner's public key, with which requests are stamped: 66 hex digits in lower case.";

    /// <summary>Reads the command line; null when it is not of the form of <see cref="Usage"/>.</summary>
    public static PolicyOptions? Parse(ReadOnlySpan<string> args)
    {
        PolicyOptions options = new(3000, 3100, "", null);
        for (; !args.IsEmpty; args = args[2..])
        {
            if (args.Length < 2)
                return null;
            bool isPort = ushort.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port);
            switch (args[0])
            {
                case "--port" when isPort:
                    options = options with { Port = port };
                    break;
                case "--store-port" when isPort:
                    options = options with { StorePort = port };
                    break;
                case "--owner" when args[1].Length == 66 && args[1].All(static c => char.IsAsciiHexDigitLower(c)):
                    options = options with { Owner = args[1] };
                    break;
                case "--qos-dir" when args[1].Length > 0:
                    options = options with { QosDirectory = args[1] };
                    break;
                default:
                    return null;
            }
        }

        return options.Owner.Length > 0 ? options : null;
    }
}
