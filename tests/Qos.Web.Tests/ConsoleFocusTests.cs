using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>The console redraws itself whenever something changes; whoever uses it by keyboard stays where they are.</summary>
public class ConsoleFocusTests(Chromium chromium)
{
    [BrowserFact]
    public async Task A_look_that_comes_later_takes_no_focus()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        IPage page = visit.Page;
        await world.World.ApproveAsync(world.Next, 0);
        await world.UntilReadyAsync(world.Signer, world.Next, 3);
        await page.GotoAsync(world.At($"/deployments/{world.Next.Id}"));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Promote" })).ToBeVisibleAsync();

        // The page is opened anew: its first look is held until a change has come, so that it looks a second time at once.
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously), second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int looks = 0;
        try
        {
            await page.RouteAsync("**/get_tvc_deployment", async route =>
            {
                JsonNode answer = JsonNode.Parse(await (await route.FetchAsync()).TextAsync())!;
                if ((string?)answer["tvcDeployment"]!["id"] == world.Next.Id)
                {
                    bool isFirst = Interlocked.Increment(ref looks) == 1;
                    await (isFirst ? first : second).Task;
                    answer["tvcDeployment"]!["pivotContainer"]!["path"] = isFirst ? "/first-look" : "/second-look";
                }

                await route.FulfillAsync(new RouteFulfillOptions { ContentType = "application/json", Body = answer.ToJsonString() });
            });
            await page.ReloadAsync();
            await Expect(page.Locator("#live")).ToHaveTextAsync("Live");
            first.SetResult();
            await Expect(page.GetByText("/first-look")).ToBeVisibleAsync();
            Assert.Equal("main", await page.EvaluateAsync<string>("document.activeElement.id"));

            await page.GetByRole(AriaRole.Button, new() { Name = "Promote" }).FocusAsync();
            second.SetResult();
            await Expect(page.GetByText("/second-look")).ToBeVisibleAsync();
            Assert.Equal("promote", await FocusedActionAsync(page));
            await page.Keyboard.PressAsync("Enter");
            await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Promote this deployment?" })).ToBeVisibleAsync();
        }
        finally
        {
            first.TrySetResult();
            second.TrySetResult();
        }
    }

    [BrowserFact]
    public async Task Buttons_that_come_and_callouts_that_go_leave_the_others_alone()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        IPage page = visit.Page;
        await page.GotoAsync(world.At($"/deployments/{world.Next.Id}"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).FocusAsync();
        await world.World.ApproveAsync(world.Next, 0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Promote" })).ToBeVisibleAsync();
        Assert.Equal("delete", await FocusedActionAsync(page));

        await Expect(page.Locator(".callout")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Manifest" }).FocusAsync();
        await world.Service.PromoteAsync(world.Next);
        await Expect(page.Locator(".callout")).ToHaveCountAsync(0);
        Assert.EndsWith("/manifest", await page.EvaluateAsync<string>("document.activeElement.href ?? document.activeElement.outerHTML"), StringComparison.Ordinal);
        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task A_button_of_the_page_that_was_left_can_no_longer_be_pressed()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await world.SignInAsync(visit);
        IPage page = visit.Page;
        await page.GotoAsync(world.At($"/deployments/{world.Next.Id}"));
        ILocator delete = page.Locator("button[data-action=delete]");
        await Expect(delete).ToBeVisibleAsync();
        await delete.FocusAsync();

        // The next page is long in coming.
        TaskCompletionSource comes = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await page.RouteAsync("**/get_tvc_app", async route =>
            {
                await comes.Task;
                await route.ContinueAsync();
            });
            await page.EvaluateAsync("hash => { location.hash = hash; }", $"#/apps/{world.Signer.Id}");
            await Expect(page.Locator("main[aria-busy]")).ToHaveCountAsync(1);
            await delete.FocusAsync();
            await page.Keyboard.PressAsync("Enter");
            await Expect(delete).ToBeVisibleAsync();
            Assert.Equal(0, await page.Locator("dialog").CountAsync());
        }
        finally
        {
            comes.TrySetResult();
        }

        await Expect(page.Locator("h1")).ToHaveTextAsync(world.Signer.Name);
        await delete.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Delete this deployment?" })).ToBeVisibleAsync();
        Assert.Empty(visit.Complaints);
    }

    /// <summary>The redraw alone: each line is what is there, what shall be there, and where the focus is before and after.</summary>
    [BrowserFact]
    public async Task What_stays_keeps_the_focus_and_nothing_becomes_something_else()
    {
        await using Visit visit = await chromium.VisitAsync();
        string script = await File.ReadAllTextAsync(Path.Combine(NodeJs.Repository, "web", "console", "dom.js"), TestContext.Current.CancellationToken);
        await visit.Page.AddScriptTagAsync(new PageAddScriptTagOptions { Type = "module", Content = $"{script}\nObject.assign(window, {{ h, morph }});" });
        await visit.Page.WaitForFunctionAsync("window.morph !== undefined");
        foreach ((string before, string after, string? focus, string? kept) in ((string, string, string?, string?)[])
        [
            ("delete", "promote delete", "delete", "delete"),
            ("promote delete", "delete", "promote", null),
            ("promote delete", "delete", "delete", "delete"),
            ("promote delete", "restore", "delete", null),
            ("#a:copy #b:delete #c:copy", "#c:copy #a:copy #b:delete", "delete", "delete"),
            ("#a:copy #b:delete #c:copy", "#b:delete #c:copy #a:copy", "delete", "delete"),
            ("#a:copy #b:delete", "#new:copy #b:delete #a:copy", "delete", "delete"),
            ("#a:delete", "#b:delete", "delete", null),
        ])
        {
            string? found = await visit.Page.EvaluateAsync<string?>(
                """
                ([before, after, focus]) => {
                  const tree = (words) => h('div', {}, words.split(' ').map((word) => {
                    const [action, key] = word.split(':').reverse();
                    const button = h('button', { 'data-action': action }, word);
                    return key ? h('p', { 'data-key': key }, button) : button;
                  }));
                  const target = tree(before);
                  document.body.replaceChildren(target);
                  target.querySelector(`[data-action=${focus}]`).focus();
                  morph(target, tree(after));
                  if (target.outerHTML !== tree(after).outerHTML) return target.outerHTML;
                  return document.activeElement.dataset.action ?? null;
                }
                """,
                new[] { before, after, focus });
            Assert.True(found == kept, $"from '{before}' to '{after}' with the focus on '{focus}': '{found}' has it, and not '{kept}'");
        }
    }

    private static Task<string?> FocusedActionAsync(IPage page) => page.EvaluateAsync<string?>("document.activeElement.dataset.action ?? null");
}
