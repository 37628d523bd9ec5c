using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Qos.EndToEnd.Tests;

/// <summary>
/// The verifiers of <c>tests/verifiers</c>, which others wrote in another language. They are installed into <c>out/verifiers</c> once for each lock
/// file, whose hashes say what may be installed.
/// </summary>
internal static class ForeignVerifier
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    // npm's word for content that is not what the lock file says: no reason to skip.
    private const string OtherContent = "EINTEGRITY";

    private static readonly Lazy<(string Folder, string? WhyNot)> s_installed = new(Install);

    /// <summary>Why they cannot be run here; null when they can.</summary>
    public static string? WhyNot => s_installed.Value.WhyNot is { } reason && !reason.Contains(OtherContent, StringComparison.Ordinal) ? reason : null;

    /// <summary>Hands over all cases at once; the form of a case is told in <c>verify.cjs</c>.</summary>
    /// <returns>A line for each: "accepted", or "refused: " and why.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> VerifyAsync(params IEnumerable<JsonObject> cases)
    {
        Assert.True(s_installed.Value.WhyNot is null, s_installed.Value.WhyNot);
        var start = new ProcessStartInfo("node", [Path.Combine(Sources, "verify.cjs"), s_installed.Value.Folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process node = Process.Start(start)!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(), error = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(new JsonArray([.. cases]).ToJsonString());
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": ", 2))
            .ToDictionary(parts => parts[0], parts => parts[1]);
    }

    private static string Repository
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

    private static string Sources => Path.Combine(Repository, "tests", "verifiers");

    private static (string Folder, string? WhyNot) Install()
    {
        string lockFile = Path.Combine(Sources, "package-lock.json");
        string version = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(lockFile)))[..16];
        string folder = Path.Combine(Repository, "out", "verifiers", version);
        if (Directory.Exists(folder))
            return (folder, null);

        // Under another name until it is whole.
        string unfinished = $"{folder}.{Environment.ProcessId}";
        Directory.CreateDirectory(unfinished);
        foreach (string name in (string[])["package.json", "package-lock.json"])
            File.Copy(Path.Combine(Sources, name), Path.Combine(unfinished, name), overwrite: true);
        string? whyNot = Run("npm", unfinished, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000");
        if (whyNot is null)
            Directory.Move(unfinished, folder);
        else
            Directory.Delete(unfinished, recursive: true);
        return (folder, whyNot);
    }

    private static string? Run(string program, string folder, params IEnumerable<string> arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_patience))
            {
                process.Kill(entireProcessTree: true);
                return $"verifiers could not be installed: {program} did not end within {s_patience.TotalSeconds} seconds.";
            }

            string? first = error.Result.Split('\n').FirstOrDefault(line => line.Contains("ERR! code", StringComparison.Ordinal) || line.StartsWith("npm error code", StringComparison.Ordinal));
            return process.ExitCode == 0 ? null : $"verifiers could not be installed: {program} ended with {process.ExitCode}: {first}";
        }
        catch (Win32Exception e)
        {
            return $"verifiers need Node.js with npm, and {program} does not start: {e.Message}";
        }
    }
}
