using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>--host URL</c>: the node.</summary>
internal sealed class HostOption
{
    /// <summary>The option.</summary>
    public SettingOption Option { get; } = new(ProfileSetting.Host, isNeeded: true);

    /// <summary>A client of that node.</summary>
    public NodeClient Open(ParseResult parsed) => new(Option.Require(parsed));
}
