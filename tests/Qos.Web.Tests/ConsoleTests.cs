using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Qos.Control.Tests;
using Qos.Fleet;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>The console in a browser, over the service as it is.</summary>
public class ConsoleTests(Chromium chromium)
{
    [BrowserFact]
    public async Task A_browsers_key_is_registered_and_a_deployment_is_followed_as_it_comes_up()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Apps" })).ToBeVisibleAsync();

        await world.World.AddAppAsync("fresh");
        Deployment deployment = await world.World.DeployAsync(approve: false);
        await visit.Page.GotoAsync(world.At($"/deployments/{deployment.Id}"));
        await Expect(visit.Page.GetByText("2 more approvals")).ToBeVisibleAsync();
        await world.World.ApproveAsync(deployment);
        await Expect(visit.Page.GetByText("2 more shares")).ToBeVisibleAsync();
        await world.World.ProvisionAsync(0, 2);
        await Expect(visit.Page.Locator(".replica .badge.good")).ToHaveCountAsync(3);
        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task A_deployment_is_promoted_rolled_back_deleted_and_restored_after_a_question_with_the_keyboard_alone()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        IPage page = visit.Page;
        await world.World.ApproveAsync(world.Next, 0);
        await page.GotoAsync(world.At($"/deployments/{world.Next.Id}"));

        // The question is answered with no: nothing happens.
        await page.GetByRole(AriaRole.Button, new() { Name = "Promote" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Promote this deployment?" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Equal(world.Live.Id, await LiveAsync(world));

        await DoAsync(page, "Promote", "is live now");
        Assert.Equal(world.Next.Id, await LiveAsync(world));
        await Expect(page.Locator("main .head .badge.good").First).ToHaveTextAsync("Live");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete" })).ToHaveCountAsync(0);

        // The one before is older now than the live one.
        await page.GotoAsync(world.At($"/deployments/{world.Live.Id}"));
        await DoAsync(page, "Roll back to this", "is live again");
        Assert.Equal(world.Live.Id, await LiveAsync(world));

        // The page before has such a button as well.
        await page.GotoAsync(world.At($"/apps/{world.Signer.Id}"));
        await Expect(page.Locator("h1")).ToHaveTextAsync(world.Signer.Name);
        await DoAsync(page, "Delete", "is deleted", safe: true);
        await Expect(page.GetByText("Deleted", new() { Exact = true })).ToBeVisibleAsync();
        await DoAsync(page, "Restore", "is restored");
        await Expect(page.GetByText("Deleted", new() { Exact = true })).ToHaveCountAsync(0);

        // Each of it is kept with the browser's stamp.
        await page.GotoAsync(world.At("/activities"));
        await Expect(page.GetByText("(you)")).ToHaveCountAsync(4);
        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task A_refusal_is_told_in_its_own_words()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        await visit.Page.GotoAsync(world.At($"/deployments/{Guid.Empty}"));
        await Expect(visit.Page.GetByText($"there is no deployment {Guid.Empty}")).ToBeVisibleAsync();
        await visit.Page.GotoAsync(world.At("/nowhere"));
        await Expect(visit.Page.GetByText("There is no such page")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_key_that_was_removed_is_asked_to_register_again()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        string key = (await visit.Page.EvaluateAsync<string>("""
            new Promise((resolve, reject) => {
              const open = indexedDB.open('qos-console', 1);
              open.onsuccess = () => {
                const get = open.result.transaction('keys').objectStore('keys').get('own');
                get.onsuccess = async () => {
                  const answers = [];
                  for (const format of ['pkcs8', 'jwk', 'raw'])
                    answers.push(await crypto.subtle.exportKey(format, get.result.privateKey).then(() => 'given out', (error) => error.name));
                  resolve(answers.join(' '));
                };
              };
            })
            """))!;
        Assert.DoesNotContain("given out", key, StringComparison.Ordinal);
        await visit.Page.GotoAsync(world.At("/key"));
        string publicKey = await visit.Page.Locator("dd code").InnerTextAsync();
        Assert.True(await world.World.Database.RemoveKeyAsync(publicKey, default));
        await visit.Page.GotoAsync(world.At("/apps"));
        await Expect(visit.Page.GetByText("Waiting until the service knows this key")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task An_approval_that_the_service_made_up_is_seen_through()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        await visit.Page.RouteAsync("**/get_tvc_deployment", async route =>
        {
            JsonNode answer = JsonNode.Parse(await (await route.FetchAsync()).TextAsync())!;
            JsonNode approval = answer["tvcDeployment"]!["manifestApprovals"]!.AsArray().First(given => (string?)given!["operator"]!["name"] == "bob")!;
            byte[] forged = Convert.FromBase64String((string)approval["approval"]!);
            forged[0] ^= 0x10;
            approval["approval"] = Convert.ToBase64String(forged);
            await route.FulfillAsync(new RouteFulfillOptions { ContentType = "application/json", Body = answer.ToJsonString() });
        });
        await visit.Page.GotoAsync(world.At($"/deployments/{world.Live.Id}"));
        await Expect(visit.Page.GetByText("Its signature does not hold")).ToHaveCountAsync(1);
        await Expect(visit.Page.GetByText("1 of 2 needed")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Many_apps_are_listed_without_asking_more_than_a_key_may()
    {
        await using ControlService service = await ControlService.StartAsync(new ServiceSetup { Settings = static settings => settings with { RequestsPerSecond = 50 } });
        for (int i = 0; i < 120; i++)
            await service.World.AddAppAsync(string.Create(CultureInfo.InvariantCulture, $"app {i:D3}"));
        await using Visit visit = await chromium.VisitAsync();
        await visit.Page.GotoAsync(new Uri(service.Api, "console/").ToString());
        string[] command = (await visit.Page.Locator(".command code").InnerTextAsync()).Split(' ');
        await service.World.Database.AddKeyAsync(command[Array.IndexOf(command, "--public-key") + 1], service.World.OrganizationId, Guid.NewGuid().ToString(), "olivia", default);
        await Expect(visit.Page.Locator(".card")).ToHaveCountAsync(121);
        visit.Complaints.Clear();
        for (int i = 0; i < 300; i++)
        {
            service.Publish(new FleetEvent("replica", service.World.OrganizationId, service.World.App.Id, null, "any", "Ready", DateTimeOffset.UtcNow));
            await visit.Page.EvaluateAsync("0");
        }

        await visit.Page.GotoAsync(new Uri(service.Api, "console/#/key").ToString());
        await Expect(visit.Page.GetByText("Your key")).ToBeVisibleAsync();
        Assert.Empty(visit.Complaints);
    }

    private static async Task DoAsync(IPage page, string button, string done, bool safe = false)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        // What destroys something has Cancel in front.
        await Expect(page.Locator("dialog button:focus")).ToHaveTextAsync(safe ? "Cancel" : button.Split(" to ")[0]);
        if (safe)
            await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#notices")).ToContainTextAsync(done);
    }

    private static async Task<string?> LiveAsync(ConsoleWorld world) => (await world.World.Database.AppAsync(world.World.OrganizationId, world.Signer.Id, default))!.LiveDeploymentId;
}
