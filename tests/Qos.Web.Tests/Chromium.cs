using System.Runtime.CompilerServices;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Qos.Web.Tests.Chromium))]

namespace Qos.Web.Tests;

/// <summary>Debian's Chromium, headless: one process for all tests, a profile of its own for each.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? WhyNot => File.Exists(Program) ? null : $"{Program} is not installed.";

    public IBrowser Browser => _browser ?? throw new InvalidOperationException("There is no browser.");

    public async ValueTask InitializeAsync()
    {
        if (WhyNot is not null)
            return;

        // Limits that only a failure reaches, also on a busy machine.
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A new visitor's page; what it logs as an error, and what its policy refuses, ends up in <see cref="Visit.Complaints"/>.</summary>
    public async Task<Visit> VisitAsync(ColorScheme scheme = ColorScheme.Light, bool phone = false)
    {
        IBrowserContext context = await Browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = phone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1280, Height = 860 },
            Locale = "en-GB",
            TimezoneId = "UTC",
            ReducedMotion = ReducedMotion.Reduce,
        });
        return new Visit(context, await context.NewPageAsync());
    }
}

/// <summary>One visitor.</summary>
public sealed class Visit : IAsyncDisposable
{
    private static readonly string s_pictures = Path.Combine(NodeJs.Repository, "out", "test", "pictures");
    private static readonly string[] s_documented = ["deployment-dark", "manifest-light", "shares-phone", "verify-light"];
    private readonly IBrowserContext _context;

    public Visit(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.SetDefaultTimeout(30_000);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) => Requests.Add(request.Url);
    }

    public IPage Page { get; }

    /// <summary>Errors of the page's scripts and of its Content-Security-Policy.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>All addresses that were asked for.</summary>
    public List<string> Requests { get; } = [];

    public Task OfflineAsync() => _context.SetOfflineAsync(true);

    /// <summary>What axe finds against a page: everything, or its colours alone.</summary>
    public async Task<string> AxeAsync(bool coloursAlone = false)
    {
        AxeResult result = await Page.RunAxe(coloursAlone ? new AxeRunOptions { RunOnly = RunOnlyOptions.Rules("color-contrast") } : null);
        return string.Join('\n', result.Violations.Select(static violation => $"{violation.Id}: {violation.Help}: {string.Join(", ", violation.Nodes.Select(static node => node.Html))}"));
    }

    /// <summary>A picture of the whole page in <c>out/test/pictures</c>; those of the documents, of what is seen at once, in <c>docs/pictures</c> where <c>QOS_UPDATE_PICTURES</c> asks for it.</summary>
    public async Task PictureAsync(string name)
    {
        if (s_documented.Contains(name) && Environment.GetEnvironmentVariable("QOS_UPDATE_PICTURES") is not null)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(NodeJs.Repository, "docs", "pictures", name + ".png") });
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(s_pictures, name + ".png"), FullPage = true });
    }

    /// <summary>A picture of a page that fits its window and in which axe finds nothing.</summary>
    /// <param name="name">The picture's, which ends with the look: <c>-light</c>, <c>-dark</c> or <c>-phone</c>.</param>
    public async Task LookAsync(string name)
    {
        await PictureAsync(name);
        Assert.True(await Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{name} is wider than its window");

        // A phone has the same elements, the other theme the same ones in other colours.
        if (name.EndsWith("-phone", StringComparison.Ordinal))
            return;
        string found = await AxeAsync(coloursAlone: name.EndsWith("-dark", StringComparison.Ordinal));
        Assert.True(found.Length == 0, $"{name}: {found}");
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}

/// <summary>A test that runs a browser; it is skipped, with the reason, where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Skip = Chromium.WhyNot;
}
