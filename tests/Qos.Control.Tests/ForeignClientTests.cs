using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>The cloud's own npm packages against this service: see tests/clients.</summary>
public class ForeignClientTests
{
    [Fact]
    public async Task The_npm_packages_take_an_app_from_nothing_to_a_verified_proof()
    {
        await using ControlService service = await ControlService.StartAsync();
        Dictionary<string, JsonNode> steps = await RunAsync("fleet.cjs", service);
        Assert.Equal("tester", (string)steps["whoami"]!);
        string appId = (string)steps["app"]["appId"]!;
        Assert.Equal($"prod/tvc/{appId}", (string)steps["manifest"]["namespace"]!);
        Assert.True((bool)steps["manifest"]["nonceIsTime"]!);
        Assert.Equal("[true,true]", steps["approvals"].ToJsonString());
        Assert.Equal("""{"ready":3,"state":"PROVISIONING_STATE_PROVISIONED"}""", steps["status"].ToJsonString());
        Assert.True((bool)steps["live"]!);
        Assert.Equal(9, (int)steps["logs"]["code"]!);
        Assert.Equal(9, (int)steps["delete"]["code"]!);
        Assert.True((bool)steps["proof"]!);
        Assert.Null((await service.World.Database.VerifyChainAsync(null, default)).Fault);
    }

    [Fact]
    public async Task The_newer_package_which_waits_for_activities_makes_approves_deletes_and_restores()
    {
        await using ControlService service = await ControlService.StartAsync();
        Dictionary<string, JsonNode> steps = await RunAsync("sdk-server.cjs", service);
        Assert.Equal(
            """whoami "tester", deployments 2, approvals 2, deleted true, restored true, not ready 9, status 2, versions "test", image true, gone true""",
            string.Join(", ", steps.Select(static step => $"{step.Key} {step.Value.ToJsonString()}")));
    }

    /// <summary>Runs a script of tests/clients against a service, and gives what each step printed.</summary>
    private static async Task<Dictionary<string, JsonNode>> RunAsync(string script, ControlService service)
    {
        string folder = await NpmFolder.InstallAsync();
        JsonObject settings = new()
        {
            ["baseUrl"] = service.Api.ToString().TrimEnd('/'),
            ["organizationId"] = service.World.OrganizationId,
            ["publicKey"] = service.Key.PublicKey,
            ["privateKey"] = service.Key.PrivateKey,
            ["helper"] = service.Helper,
            ["image"] = service.Image,
            ["digest"] = ControlService.PivotDigest,
            ["quorumKey"] = service.World.App.QuorumPublicKey,
            ["operators"] = new JsonArray([.. service.World.App.ManifestSet.Operators.Select(static op => new JsonObject { ["name"] = op.Name, ["publicKey"] = op.PublicKey })]),
            ["root"] = FleetWorld.Pki.RootPem,
        };
        var start = new ProcessStartInfo("node", [Path.Combine(NpmFolder.Sources, script), folder]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process node = Process.Start(start)!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(), error = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(settings.ToJsonString());
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await error + await output);

        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonNode.Parse(line)!).ToDictionary(static step => (string)step["step"]!, static step => step["value"]!);
    }

    /// <summary>The packages of tests/clients, installed once for each lock file, whose hashes say what may be installed.</summary>
    private static class NpmFolder
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

        public static string Sources => Path.Combine(Repository, "tests", "clients");

        private static string Repository
        {
            get
            {
                DirectoryInfo folder = new(AppContext.BaseDirectory);
                while (!File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                    folder = folder.Parent ?? throw new DirectoryNotFoundException("not in the repository");
                return folder.FullName;
            }
        }

        public static async Task<string> InstallAsync()
        {
            string version = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Sources, "package-lock.json"))))[..16];
            string folder = Path.Combine(Repository, "out", "clients", version);
            if (Directory.Exists(folder))
                return folder;
            string unfinished = $"{folder}.{Environment.ProcessId}";
            Directory.CreateDirectory(unfinished);
            foreach (string name in (string[])["package.json", "package-lock.json"])
                File.Copy(Path.Combine(Sources, name), Path.Combine(unfinished, name), overwrite: true);
            string? whyNot = await RunAsync(unfinished);
            Assert.SkipWhen(whyNot is not null && !whyNot.Contains("EINTEGRITY", StringComparison.Ordinal), whyNot ?? "");
            Assert.Null(whyNot);
            Directory.Move(unfinished, folder);
            return folder;
        }

        private static async Task<string?> RunAsync(string folder)
        {
            try
            {
                using Process npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"])
                {
                    WorkingDirectory = folder,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
                using var patience = new CancellationTokenSource(s_patience);
                Task<string> output = npm.StandardOutput.ReadToEndAsync(patience.Token), error = npm.StandardError.ReadToEndAsync(patience.Token);
                await npm.WaitForExitAsync(patience.Token);
                await output;
                return npm.ExitCode == 0 ? null : "the npm packages cannot be installed: " + (await error).Split('\n')[0];
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or OperationCanceledException)
            {
                return $"the npm packages need Node.js with npm and the registry: {e.Message}";
            }
        }
    }
}
