using System.Diagnostics;

namespace Qos.Web.Tests;

/// <summary>
/// Node.js, in which the verifier of <c>web/verify</c> runs as it does in a browser: both have WebCrypto. It is the one that Playwright brings, so that every
/// machine has the same.
/// </summary>
internal static class NodeJs
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, ".playwright", "node", "linux-x64", "node");

    /// <summary>The repository's folder.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The folder of the verifier.</summary>
    public static string Verifier { get; } = Path.Combine(Repository, "web", "verify");

    /// <summary>Runs a script to its end.</summary>
    /// <returns>Exit status and both outputs.</returns>
    public static async Task<(int Status, string Output)> RunAsync(params IEnumerable<string> arguments)
    {
        using Process node = Process.Start(new ProcessStartInfo(s_program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(), error = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        return (node.ExitCode, await output + await error);
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is not in the repository's folder.");
    }
}
