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
        await using ControlService service = await ControlService.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await SignInAsync(visit, service);
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Apps" })).ToBeVisibleAsync();

        Deployment deployment = await service.World.DeployAsync(approve: false);
        await visit.Page.GotoAsync($"{service.Api}console/#/deployments/{deployment.Id}");
        await Expect(visit.Page.GetByText("2 more approvals")).ToBeVisibleAsync();
        await service.World.ApproveAsync(deployment);
        await Expect(visit.Page.GetByText("2 more shares")).ToBeVisibleAsync();
        await service.World.ProvisionAsync(0, 2);
        await Expect(visit.Page.Locator(".replica .badge.good")).ToHaveCountAsync(3);
        Assert.Empty(visit.Complaints);
    }

    private static async Task SignInAsync(Visit visit, ControlService service)
    {
        await visit.Page.GotoAsync(new Uri(service.Api, "console/").ToString());
        string command = await visit.Page.Locator(".command code").InnerTextAsync();
        string key = command.Split(' ')[Array.IndexOf(command.Split(' '), "--public-key") + 1];
        Assert.True(await service.World.Database.AddKeyAsync(key, service.World.OrganizationId, Guid.NewGuid().ToString(), "olivia", default));
        await Expect(visit.Page.Locator("#who")).ToContainTextAsync("olivia");
        visit.Complaints.Clear();
    }
}
