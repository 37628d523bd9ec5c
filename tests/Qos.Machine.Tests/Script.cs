using System.Diagnostics;

namespace Qos.Machine.Tests;

/// <summary>Runs a program of the repository to its end, within a time limit that holds for everything that it starts.</summary>
internal static class Script
{
    /// <summary>Its exit code and what it said on both streams.</summary>
    public static (int Code, string Output) Run(TimeSpan limit, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        // SIGTERM first, so that a script cleans up after itself.
        var start = new ProcessStartInfo("timeout", ["--kill-after=20", $"{limit.TotalSeconds:0}", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository.Root,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }

    public static (int Code, string Output) Run(TimeSpan limit, string program, params string[] arguments) =>
        Run(limit, new Dictionary<string, string>(), program, arguments);
}
