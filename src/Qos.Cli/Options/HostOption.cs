using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>--host URL</c>: the node.</summary>
internal sealed class HostOption : Option<string>
{
    public HostOption()
        : base("--host")
    {
        Description = "The node's qos-host; /qos is added when the URL names no path.";
        HelpName = "URL";
        Required = true;
    }

    /// <summary>A client of that node.</summary>
    public NodeClient Open(ParseResult parsed) => new(parsed.GetValue(this)!);
}
