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
        Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var url }] && !NodeClient.IsHost(url))
                result.AddError($"--host '{url}' is not the URL of a host, for example http://127.0.0.1:3001");
        });
    }

    /// <summary>A client of that node.</summary>
    public NodeClient Open(ParseResult parsed) => new(parsed.GetValue(this)!);
}
