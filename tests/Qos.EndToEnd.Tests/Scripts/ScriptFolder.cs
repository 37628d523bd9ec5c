using Qos.EndToEnd.Local;

namespace Qos.EndToEnd.Tests;

/// <summary>A folder in which scripts run that find the programs by their names, the reference's and ours; gone after the test.</summary>
public sealed class ScriptFolder : IDisposable
{
    /// <summary>The folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("qos-script-").FullName;

    /// <summary>A path in the folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Runs a script with the shell that every system has.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public async Task<string[]> RunAsync(string script)
    {
        (int status, string[] output, string log) = await EndAsync(script);
        Assert.True(status == 0, $"{script}\nended with {status}\n{log}");
        return output;
    }

    /// <summary>Runs a script that must fail with status 1.</summary>
    /// <returns>All that it wrote.</returns>
    public async Task<string> RefusedAsync(string script)
    {
        (int status, _, string log) = await EndAsync(script);
        Assert.True(status == 1, $"{script}\nended with {status}\n{log}");
        return log;
    }

    /// <summary>Starts a program by its name, in the background.</summary>
    public RunningProgram Start(params string[] words) => RunningProgram.StartAt(words[0], "/usr/bin/env", [.. Surroundings, .. words]);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);

    private string[] Surroundings =>
    [
        "-C", Path, $"PATH={System.IO.Path.GetDirectoryName(Programs.Find("../compat/qos_client"))}:{System.IO.Path.GetDirectoryName(Programs.Find("qos"))}:/usr/bin:/bin",
    ];

    private async Task<(int Status, string[] Output, string Log)> EndAsync(string script)
    {
        await using RunningProgram shell = Start("sh", "-euc", script);
        int status = await shell.ExitAsync();
        return (status, shell.Output, shell.Log);
    }
}
