using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using Qos.Fleet;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>Whatever names, logs and manifests hold is shown as text; and if a page forgot that, its policy refuses it.</summary>
public class HostileTextTests(Chromium chromium)
{
    private const string Markup = "<img src=x onerror=\"window.broken=1\"><script>window.broken=1</script>";
    private const string Reordered = "harmless\u202Egnp.exe";

    [BrowserFact]
    public async Task Names_logs_arguments_and_messages_are_text_with_nothing_hidden()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await world.World.AddAppAsync(Markup, [Markup + "a", "bob", "carol"], allowsDebugMode: true);
        FleetApp app = world.World.App;
        Deployment deployment = await world.World.DeployAsync(
            1,
            change: static manifest => manifest with
            {
                Pivot = manifest.Pivot with { DebugMode = true, Args = [Markup, Reordered, "java\u0000script:alert(1)"], Env = new Dictionary<string, string> { ["A"] = "</code><iframe src=//example.org>" } },
            },
            with: static deployment => deployment with { DebugMode = true, ImageUrl = "javascript:window.broken=1//" + Markup });
        world.World.Runner.Log = [new LogLine(Markup, null), new LogLine(Reordered + "\u001b[2J\u200b", null), new LogLine(new string('x', 100_000), null)];
        await world.UntilAsync(app, ReplicaState.AwaitingShares);
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit, Markup);
        (string Path, string Shows)[] pages =
        [
            ("/apps", Markup),
            ($"/apps/{app.Id}", Markup + "a"),
            ($"/deployments/{deployment.Id}", "javascript:window.broken=1//" + Markup),
            ($"/deployments/{deployment.Id}/manifest", @"harmless\u{202e}gnp.exe"),
            ($"/deployments/{deployment.Id}/manifest", @"java\u{0}script:alert(1)"),
            ($"/deployments/{deployment.Id}/manifest", "A=</code><iframe src=//example.org>"),
            ($"/deployments/{deployment.Id}/logs", @"harmless\u{202e}gnp.exe\u{1b}[2J\u{200b}"),
            ($"/deployments/{deployment.Id}/logs", "… (100000 characters)"),
        ];
        foreach ((string path, string shows) in pages)
        {
            await visit.Page.GotoAsync(world.At(path));
            await Expect(visit.Page.GetByText(shows).First).ToBeVisibleAsync();
            Assert.Equal(0, await visit.Page.Locator("main img, main script, main iframe, a[href^=javascript]").CountAsync());
            Assert.Equal("undefined", await visit.Page.EvaluateAsync<string>("typeof window.broken"));
            Assert.True(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), path);
        }

        Assert.All(visit.Requests, request => Assert.StartsWith(world.Service.Api.ToString(), request, StringComparison.Ordinal));
        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task The_policy_refuses_what_a_page_must_not_do()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        foreach (string path in (string[])["console/", "verify/", "badge/"])
        {
            await using Visit visit = await chromium.VisitAsync();
            await visit.Page.GotoAsync(new Uri(world.Service.Api, path).ToString());
            string[] attempts =
            [
                "document.body.innerHTML = '<b>x</b>'",
                "document.createElement('script').textContent = 'window.broken = 1'",
                "document.body.append(Object.assign(document.createElement('script'), { src: 'data:text/javascript,window.broken=1' }))",
            ];
            foreach (string attempt in attempts)
            {
                string outcome = await visit.Page.EvaluateAsync<string>("(attempt) => { const run = () => 0; try { " + attempt + "; return 'allowed'; } catch (error) { return error.name; } }", attempt);
                Assert.True(outcome is "TypeError" or "EvalError", $"{path}: {attempt}: {outcome}");
            }

            Assert.Equal("refused", await visit.Page.EvaluateAsync<string>("fetch('http://127.0.0.1:1/').then(() => 'allowed', (error) => error.message.includes('Content Security Policy') || error.name === 'TypeError' ? 'refused' : error.message)"));
            string violations = string.Join('\n', visit.Complaints);
            Assert.Contains("connect-src", violations, StringComparison.Ordinal);
            Assert.Equal("undefined", await visit.Page.EvaluateAsync<string>("typeof window.broken"));
        }
    }

    [BrowserFact]
    public async Task The_console_and_the_proof_page_are_framed_by_nobody_and_the_badge_is()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication elsewhere = builder.Build();
        elsewhere.MapGet("/", static context => context.Response.WriteAsync("an app's own page"));
        await elsewhere.StartAsync();
        await visit.Page.GotoAsync(elsewhere.Urls.First());
        foreach ((string path, bool isFramed) in ((string, bool)[])[("console/", false), ("verify/", false), ("badge/", true)])
        {
            await visit.Page.EvaluateAsync("(src) => new Promise((done) => { const frame = document.createElement('iframe'); frame.onload = done; frame.src = src; document.body.replaceChildren(frame); })", new Uri(world.Service.Api, path).ToString());
            string shown = await visit.Page.FrameLocator("iframe").Locator("body").InnerTextAsync();
            Assert.True(shown.Contains("No proof", StringComparison.Ordinal) == isFramed, $"{path}: {shown}; {string.Join('\n', visit.Complaints)}");
        }
    }
}
