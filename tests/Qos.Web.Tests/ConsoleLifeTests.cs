using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Qos.EndToEnd.Fleet;
using Qos.EndToEnd.Local;
using Qos.EndToEnd.Tests;
using Qos.Fleet.Api;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>The published service with real replicas: what is done at the terminal is seen in the console at once, and the other way round.</summary>
public class ConsoleLifeTests(Chromium chromium, ITestOutputHelper output)
{
    [RootFact]
    public async Task Deployments_live_their_lives_in_the_console_beside_the_terminal()
    {
        Assert.SkipWhen(Chromium.WhyNot is not null, Chromium.WhyNot ?? "");
        await using RealFleet fleet = await RealFleet.StartAsync(output.WriteLine, new FleetSetup());
        await using Visit visit = await chromium.VisitAsync();
        IPage page = visit.Page;

        // The command that the page shows, run as it is.
        await page.GotoAsync($"{fleet.Api}console/");
        string command = await page.Locator(".command code").InnerTextAsync();
        await RunAsync(command.Replace("NAME", "olivia", StringComparison.Ordinal).Replace("DIR", fleet.Settings, StringComparison.Ordinal).Split(' '));
        await Expect(page.Locator("#who")).ToContainTextAsync("olivia");
        visit.Complaints.Clear();

        string first = await fleet.CreateAsync(replicas: 2);
        await page.GotoAsync($"{fleet.Api}console/#/deployments/{first}");
        await Expect(page.GetByText("2 more approvals")).ToBeVisibleAsync();
        await fleet.ApproveAsync(first, 0);
        await Expect(page.GetByText("1 more approval,")).ToBeVisibleAsync();
        await fleet.ApproveAsync(first, 1);
        await Expect(page.GetByText("2 more shares")).ToBeVisibleAsync();
        await fleet.ProvisionAsync(first);
        await Expect(page.Locator(".replica .badge.good")).ToHaveCountAsync(2);
        await PressAsync(page, "Promote");
        await Expect(page.Locator("#notices")).ToContainTextAsync("is live now");
        Assert.Equal(first, (string?)(await StatusAsync(fleet))["targetedDeploymentId"]);

        // A second one, which the first gives its key to; promoted at the terminal, the console shows it without being asked.
        string second = await fleet.DeployAsync(replicas: 1);
        await fleet.ReadyAsync(second, 1);
        await RunAsync("qos", ["app", "promote", second, .. Control(fleet)]);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Roll back to this" })).ToBeVisibleAsync();
        await page.GotoAsync($"{fleet.Api}console/#/deployments/{second}/manifest");
        await Expect(page.GetByText("This is the live deployment.")).ToBeVisibleAsync();

        // A replica dies: another one takes its slot before the visitor's eyes.
        await page.GotoAsync($"{fleet.Api}console/#/deployments/{first}");
        await Expect(page.Locator(".replica")).ToHaveCountAsync(2);
        string victim = (await page.Locator(".replica").Last.GetAttributeAsync("data-id"))!;
        await RealFleet.KillAsync([.. fleet.ProcessesOf(victim)["qos-enclave"]]);
        await Expect(page.Locator($".replica[data-id='{victim}']")).ToHaveCountAsync(0);
        await Expect(page.Locator(".replica .badge.good")).ToHaveCountAsync(2);

        // Deleted here, restored there.
        await PressAsync(page, "Delete");
        await Expect(page.Locator("main .badge.quiet").First).ToHaveTextAsync("Deleted");
        Assert.True((bool?)(await StatusAsync(fleet))["deployments"]!.AsArray().Single(deployment => (string?)deployment!["deploymentId"] == first)!["delete"]);
        await RunAsync("qos", ["deploy", "restore", first, .. Control(fleet)]);
        await Expect(page.GetByText("Deleted", new() { Exact = true })).ToHaveCountAsync(0);

        await VerifyAnswerAsync(fleet, page, second);
        Assert.Empty(visit.Complaints);
    }

    // What the app answers is verified on the proof page against what a member's files hold.
    private static async Task VerifyAnswerAsync(RealFleet fleet, IPage page, string deployment)
    {
        await page.GotoAsync($"{fleet.Api}console/#/deployments/{deployment}/proofs");
        await Expect(page.GetByText("Holds, by the service")).ToHaveCountAsync(1);
        using HttpClient app = fleet.App();
        using HttpResponseMessage response = await app.PostAsJsonAsync("/echo", new { say = "hello" });
        JsonNode proof = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["appProof"]!;
        await page.GotoAsync($"{fleet.Api}verify/#key={proof["publicKey"]}");
        await Expect(page.Locator("#proof")).Not.ToHaveValueAsync("");
        JsonNode boot = JsonNode.Parse(await page.InputValueAsync("#proof"))!;
        await page.FillAsync("#proof", new JsonObject { ["appProof"] = proof.DeepClone(), ["bootProof"] = boot }.ToJsonString());
        await page.FillAsync("#quorum-key", fleet.QuorumKey);
        await page.FillAsync("#pcrs", await File.ReadAllTextAsync(Path.Combine(fleet.Settings, "release.pcrs")));
        await page.EvaluateAsync("document.querySelector('details').open = true");
        await page.FillAsync("#root", await File.ReadAllTextAsync(Path.Combine(fleet.Settings, "pki", "root.pem")));
        await page.ClickAsync("#verify");
        await Expect(page.Locator("#verdict")).ToHaveTextAsync("Valid for the deployment that you named");
        await Expect(page.Locator("#facts")).ToContainTextAsync("hello");
    }

    private static async Task PressAsync(IPage page, string button)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
    }

    private static async Task<JsonNode> StatusAsync(RealFleet fleet) =>
        JsonNode.Parse(await RunAsync("qos", ["app", "status", fleet.AppId, "--json", .. Control(fleet)]))!["appStatus"]!;

    private static string[] Control(RealFleet fleet) => ["--control", fleet.Api.ToString(), "--api-key", Path.Combine(fleet.Settings, "admin.apikey")];

    private static Task<string> RunAsync(string[] command) => RunAsync(command[0], command[1..]);

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        (int exitCode, string[] said, string[] errors) = await RunningProgram.RunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {string.Join('\n', errors)}");
        return string.Join('\n', said);
    }
}
