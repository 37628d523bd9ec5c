using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Qos.Web.Tests;

/// <summary>Node.js, in which the verifier of <c>web/verify</c> runs as it does in a browser: both have WebCrypto.</summary>
internal static class NodeJs
{
    private const int OldestMajor = 20;

    private static readonly Lazy<string?> s_whyNot = new(FindWhyNot);

    /// <summary>Why it cannot be run here; null when it can.</summary>
    public static string? WhyNot => s_whyNot.Value;

    /// <summary>The folder of the verifier.</summary>
    public static string Verifier { get; } = Path.Combine(Repository, "web", "verify");

    /// <summary>Runs a script to its end.</summary>
    /// <returns>Exit status and both outputs.</returns>
    public static async Task<(int Status, string Output)> RunAsync(params IEnumerable<string> arguments)
    {
        using Process node = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(), error = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        return (node.ExitCode, await output + await error);
    }

    public static string Repository
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                    return folder.FullName;
            }

            throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is not in the repository's folder.");
        }
    }

    private static string? FindWhyNot()
    {
        try
        {
            using Process node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            string version = node.StandardOutput.ReadToEnd().Trim();
            node.WaitForExit();
            return int.TryParse(version.TrimStart('v').Split('.')[0], out int major) && major >= OldestMajor
                ? null
                : $"Node.js {OldestMajor} or later is needed; this is {version}.";
        }
        catch (Win32Exception e)
        {
            return $"Node.js {OldestMajor} or later is needed, and node does not start: {e.Message}";
        }
    }
}

/// <summary>A test that runs Node.js; it is skipped, with the reason, where there is none.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Skip = NodeJs.WhyNot;
}
