using System.Diagnostics;
using System.Globalization;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>Starts a real API server with its controllers, and runs the tests of this assembly that need one inside of its network.</summary>
public class InAClusterTests
{
    // Seven times what they take on two quiet cores, and less than what ends a test that hangs.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    /// <summary>How long the API server is away at least in the test of that; <c>QOS_AWAY_SECONDS</c>.</summary>
    internal static TimeSpan Away => TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("QOS_AWAY_SECONDS") ?? "0", CultureInfo.InvariantCulture));

    [Fact]
    public Task The_tests_that_need_a_cluster_pass_in_one() => RunAsync("cluster");

    [Fact]
    public Task The_tests_that_need_nodes_pass_in_another() => RunAsync("nodes");

    internal static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Qos.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests are not below the clone.");
        return folder;
    }

    private static async Task RunAsync(string trait)
    {
        Assert.SkipWhen(ClusterFactAttribute.IsInside, "this is the cluster");
        string? cluster = Environment.GetEnvironmentVariable("QOS_KUBERNETES");
        Assert.SkipWhen(cluster is null, "QOS_KUBERNETES names no cluster; make test runs this alone, after the others, with the one in ../shared/tools");
        Assert.SkipUnless(Environment.UserName == "root", "a cluster needs root");
        string own = Path.Combine(AppContext.BaseDirectory, "Qos.Fleet.Kubernetes.Tests");
        using Process process = Process.Start(new ProcessStartInfo(cluster, ["--no-node", "--", own, "-trait", $"in={trait}", "-noColor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit + Away);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }

        string said = await output;
        Assert.True(process.ExitCode == 0 && said.Contains("Failed: 0", StringComparison.Ordinal), $"{said}\n{await errors}");
        Assert.DoesNotContain("Total: 0", said, StringComparison.Ordinal);
    }
}
