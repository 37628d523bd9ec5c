using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>Every page of the console in both themes and at a phone's width: readable by all, within its width, from this service alone. Pictures in <c>out/test/pictures</c>.</summary>
public class ConsolePageTests(Chromium chromium)
{
    [BrowserFact]
    public async Task Every_page_is_whole_in_both_themes_and_on_a_phone()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        (string Name, string Path, string Shows)[] pages =
        [
            ("apps", "/apps", "signer"),
            ("app", $"/apps/{world.Signer.Id}", "Approvers"),
            ("deployment", $"/deployments/{world.Live.Id}", "3 replicas: 3 ready"),
            ("approvals", $"/deployments/{world.Next.Id}", "1 more approval"),
            ("shares", $"/deployments/{world.Debug.Id}", "2 more shares"),
            ("manifest", $"/deployments/{world.Next.Id}/manifest", "Compared with the live deployment"),
            ("proofs", $"/deployments/{world.Live.Id}/proofs", "Holds, by the service"),
            ("logs", $"/deployments/{world.Debug.Id}/logs", "the price feed"),
            ("activities", "/activities", "stamped by"),
            ("key", "/key", "Your key"),
        ];
        foreach ((string look, ColorScheme scheme, bool phone) in ((string, ColorScheme, bool)[])[("light", ColorScheme.Light, false), ("dark", ColorScheme.Dark, false), ("phone", ColorScheme.Light, true)])
        {
            await using Visit visit = await chromium.VisitAsync(scheme, phone);
            await visit.Page.GotoAsync(world.At());
            await Expect(visit.Page.GetByText("Waiting until the service knows this key")).ToBeVisibleAsync();
            await visit.LookAsync($"sign-in-{look}");
            await world.SignInAsync(visit, $"olivia-{look}");
            foreach ((string name, string path, string shows) in pages)
            {
                await visit.Page.GotoAsync(world.At(path));
                await Expect(visit.Page.GetByText(shows).First).ToBeVisibleAsync();
                await visit.LookAsync($"{name}-{look}");
            }

            Assert.All(visit.Requests, request => Assert.StartsWith(world.Service.Api.ToString(), request, StringComparison.Ordinal));
            Assert.Empty(visit.Complaints);
        }
    }
}
