using System.CommandLine;

namespace Qos.Control;

/// <summary>The command line of <c>qos-control</c>.</summary>
internal static class ControlCommand
{
    public static RootCommand Make()
    {
        var root = new RootCommand(
            "The control service: keeps replicas of approved deployments running, carries their traffic, and keeps their proofs.\n\n"
            + "Example:\n  qos-control init --dir control\n  qos-control run --settings control\n\n"
            + "Exit codes: 0 done, 1 refused or cannot run, 2 wrong usage.");
        root.Subcommands.Add(InitCommand.Make());
        root.Subcommands.Add(RunCommand.Make());
        root.Subcommands.Add(KeyCommand.Make());
        root.Subcommands.Add(ProofsCommand.Make());
        return root;
    }

    public static Option<string> Settings() => new("--settings")
    {
        Description = $"The service's settings, or the folder that holds {ControlSettings.FileName}.",
        HelpName = "FILE",
        DefaultValueFactory = static _ => ".",
    };
}
