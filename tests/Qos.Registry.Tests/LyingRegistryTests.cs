using System.Text;
using Microsoft.AspNetCore.Http;

namespace Qos.Registry.Tests;

/// <summary>A registry that lies, is slow, or wants the credentials to go elsewhere.</summary>
public class LyingRegistryTests
{
    private static readonly RegistryOptions s_impatient = new() { Limits = new RegistryLimits { Patience = TimeSpan.FromMilliseconds(200) } };

    [Fact]
    public async Task Another_layer_than_the_digest_says_is_refused_though_it_holds_the_file()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        byte[] right = new Layer().File("app", "right").Tar(), wrong = new Layer().File("app", "wrong").Tar();
        registry.Image("1", right);
        registry.Swap(Layer.Digest(right), wrong);
        await RefusedAsync(registry, RegistryError.Untrusted, "other bytes than the layer");
    }

    [Fact]
    public async Task A_layer_that_is_longer_than_its_descriptor_is_refused_as_soon_as_it_is()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        byte[] layer = new Layer().File("app", "x").Tar();
        registry.Image("1", layer);
        registry.Instead = async context =>
        {
            if (!context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
                return false;
            byte[] block = new byte[64 * 1024];
            await context.Response.Body.WriteAsync(layer);
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
            return true;
        };
        await RefusedAsync(registry, RegistryError.Untrusted, "is longer than");
    }

    [Fact]
    public async Task A_layer_that_ends_early_is_refused()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        byte[] layer = new Layer().File("app", new string('x', 5000)).Gzip();
        registry.Image("1", layer);
        registry.Swap(Layer.Digest(layer), layer[..^20]);
        await RefusedAsync(registry, RegistryError.Untrusted, "ends after");
    }

    [Fact]
    public async Task Another_manifest_than_the_digest_says_is_refused()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        string digest = registry.Image("1", new Layer().File("app", "x").Tar());
        registry.Instead = async context =>
        {
            if (!context.Request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal))
                return false;
            await context.Response.WriteAsync("""{"schemaVersion":2,"layers":[]}""");
            return true;
        };
        using var client = new RegistryClient();
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => client.ResolveAsync(registry.Reference().At(digest), RegistryCredentials.None));
        Assert.Equal(RegistryError.Untrusted, refused.Error);
    }

    [Fact]
    public async Task A_bomb_is_refused_before_it_is_unpacked()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("zeros", new byte[8 << 20]).File("app", "x").Gzip());
        var small = new RegistryOptions { Limits = new RegistryLimits { UnpackedLayerBytes = 1 << 20 } };
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("app", options: small));
        Assert.Equal(RegistryError.TooLarge, refused.Error);
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_not_taken()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app", new byte[4096]).Tar());
        var small = new RegistryOptions { Limits = new RegistryLimits { FileBytes = 1024 } };
        Assert.Equal(RegistryError.TooLarge, (await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("app", options: small))).Error);
    }

    [Fact]
    public async Task A_header_of_any_size_is_not_held()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        byte[] layer = new Layer().File(new string('n', 300_000), "x").Tar();
        registry.Image("1", layer);
        await RefusedAsync(registry, RegistryError.TooLarge, "name or header");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"layers":[{"digest":"md5:1","size":1}]}""")]
    [InlineData("""{"layers":[{"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}""")]
    [InlineData("""{"layers":[{"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":-1}]}""")]
    public async Task What_is_no_manifest_is_refused(string json)
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Manifest("1", json);
        await RefusedAsync(registry, RegistryError.Untrusted, "manifest is not one");
    }

    [Fact]
    public async Task A_manifest_without_end_is_refused()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Manifest("1", new string(' ', 5 << 20));
        await RefusedAsync(registry, RegistryError.TooLarge, "more than");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_failing_registry_may_be_asked_again(int status)
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Instead = context => Answer(context, status);
        await RefusedAsync(registry, RegistryError.Unavailable, status.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("/manifests/")]
    [InlineData("/blobs/")]
    public async Task A_registry_that_does_not_answer_is_given_up(string where)
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app", "x").Tar());
        registry.Instead = async context =>
        {
            if (!context.Request.Path.Value!.Contains(where, StringComparison.Ordinal))
                return false;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        };
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("app", options: s_impatient));
        Assert.Equal(RegistryError.Unavailable, refused.Error);
    }

    [Fact]
    public async Task Credentials_do_not_follow_a_redirection_to_another_host()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync(), other = await TestRegistry.StartAsync();
        byte[] layer = new Layer().File("app", "right").Tar();
        registry.Image("1", layer);
        registry.Instead = context =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"x\"";
                return Answer(context, 401);
            }

            if (!context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
                return Task.FromResult(false);
            context.Response.Redirect($"http://{other.Host}/elsewhere");
            return Task.FromResult(true);
        };
        other.Instead = async context =>
        {
            await context.Response.Body.WriteAsync(layer);
            return true;
        };
        Assert.Equal("right", await registry.TakeAsync("app", credentials: RegistryCredentials.For(registry.Host, "user", "password")));
        Assert.All(other.Asked, static asked => Assert.Null(asked.Authorization));
        Assert.Contains(registry.Asked, static asked => asked.Authorization == "Basic dXNlcjpwYXNzd29yZA==");
    }

    [Fact]
    public async Task Redirections_end()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Instead = context =>
        {
            context.Response.Redirect($"http://{registry.Host}/again");
            return Task.FromResult(true);
        };
        await RefusedAsync(registry, RegistryError.Untrusted, "redirects more than");
    }

    [Fact]
    public async Task A_token_service_of_the_registry_s_own_gives_a_token_for_the_password()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app", "right").Tar());
        registry.Instead = async context =>
        {
            if (context.Request.Path == "/token")
            {
                Assert.Equal("Basic dXNlcjpwYXNzd29yZA==", context.Request.Headers.Authorization);
                Assert.Equal("?scope=repository%3Ateam%2Fapp%3Apull&service=reg", context.Request.QueryString.Value);
                await context.Response.WriteAsync("""{"token":"abc"}""");
                return true;
            }

            if (context.Request.Headers.Authorization == "Bearer abc")
                return false;
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{registry.Host}/token\",service=\"reg\"";
            return await Answer(context, 401);
        };
        Assert.Equal("right", await registry.TakeAsync("app", credentials: RegistryCredentials.For(registry.Host, "user", "password")));
    }

    [Fact]
    public async Task A_token_service_elsewhere_gets_no_password()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Instead = context =>
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"https://collector.example/token\"";
            return Answer(context, 401);
        };
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(
            () => registry.TakeAsync("app", credentials: RegistryCredentials.For(registry.Host, "user", "password")));
        Assert.Equal(RegistryError.Untrusted, refused.Error);
        Assert.Contains("collector.example", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Docker_s_file_is_read_and_not_shown()
    {
        RegistryCredentials credentials = RegistryCredentials.Parse(Encoding.UTF8.GetBytes(
            """{"auths":{"https://index.docker.io/v1/":{"auth":"dXNlcjpwYXNzd29yZA=="},"ghcr.io":{"username":"a","password":"b:c"}}}"""));
        Assert.True(credentials.TryGet("docker.io", out string? user, out string? password));
        Assert.Equal(("user", "password"), (user, password));
        Assert.True(credentials.TryGet("ghcr.io", out user, out password));
        Assert.Equal(("a", "b:c"), (user, password));
        Assert.False(credentials.TryGet("ghcr.io.evil.example", out _, out _));
        Assert.DoesNotContain("password", credentials.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"auths":{"a":{"auth":"%%%"}}}""")]
    [InlineData("""{"auths":{"a":{}}}""")]
    public void What_is_not_docker_s_file_is_refused(string json) =>
        Assert.Throws<RegistryException>(() => RegistryCredentials.Parse(Encoding.UTF8.GetBytes(json)));

    private static async Task RefusedAsync(TestRegistry registry, RegistryError error, string because)
    {
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("app"));
        Assert.Equal(error, refused.Error);
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
    }

    private static Task<bool> Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.FromResult(true);
    }
}
