using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Qos.Cli;

/// <summary><c>qos --version</c>: the version and the commit that it was built from.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <summary>As <c>qos VERSION (COMMIT)</c>.</summary>
    public static string Text
    {
        get
        {
            Assembly assembly = typeof(VersionAction).Assembly;
            string commit = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static entry => entry.Key == "Commit")?.Value ?? "unknown";
            return $"qos {assembly.GetName().Version!.ToString(3)} (commit {commit})";
        }
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(Text);
        return CommandLine.Done;
    }
}
