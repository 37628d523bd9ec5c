namespace Qos.Registry.Tests;

/// <summary>One file out of images of every shape.</summary>
public class ExtractionTests
{
    [Theory]
    [InlineData("tar")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task A_file_comes_out_of_a_layer_however_it_is_compressed(string compression)
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        Layer layer = new Layer().Folder("app/").File("app/other", "x").File("app/server", "the server").File("z", "after");
        registry.Image("1", compression switch { "tar" => layer.Tar(), "gzip" => layer.Gzip(), _ => layer.Zstd() });
        Assert.Equal("the server", await registry.TakeAsync("/app/server"));
    }

    [Fact]
    public async Task The_topmost_layer_decides()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app", "old").Gzip(), new Layer().File("./app", "new").Gzip(), new Layer().File("else", "").Gzip());
        Assert.Equal("new", await registry.TakeAsync("app"));
    }

    [Fact]
    public async Task Layers_above_the_file_are_read_and_those_below_are_not()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        byte[] lowest = new Layer().File("app", "old").Gzip();
        registry.Image("1", lowest, new Layer().File("app", "new").Gzip());
        await registry.TakeAsync("app");
        Assert.DoesNotContain(registry.Asked, asked => asked.Path.EndsWith(Layer.Digest(lowest), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("app/.wh.server")]
    [InlineData(".wh.app")]
    [InlineData("app/.wh..wh..opq")]
    public async Task A_whiteout_hides_what_is_below_it(string whiteout)
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app/server", "old").Gzip(), new Layer().File(whiteout, "").Gzip());
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("app/server"));
        Assert.Equal(RegistryError.NotFound, refused.Error);
    }

    [Fact]
    public async Task A_whiteout_does_not_hide_what_its_own_layer_has()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app/server", "old").Gzip(), new Layer().File("app/server", "new").File("app/.wh..wh..opq", "").Gzip());
        Assert.Equal("new", await registry.TakeAsync("app/server"));
    }

    [Fact]
    public async Task A_folder_that_replaced_a_link_hides_what_was_behind_the_link()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().SymbolicLink("app", "opt").File("opt/server", "old").Gzip(), new Layer().Folder("app/").Gzip());
        Assert.Equal(RegistryError.NotFound, (await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("app/server"))).Error);
    }

    [Theory]
    [InlineData("/usr/bin/app")]
    [InlineData("../usr/bin/app")]
    [InlineData("../../../../usr/bin/app")]
    [InlineData("./../usr/./bin/app")]
    public async Task A_symbolic_link_is_followed_inside_the_image_only(string target)
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("usr/bin/app", "behind").Gzip(), new Layer().SymbolicLink("bin/app", target).Gzip());
        Assert.Equal("behind", await registry.TakeAsync("/bin/app"));
    }

    [Fact]
    public async Task Links_on_the_way_are_followed()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().SymbolicLink("bin", "usr/bin").File("usr/bin/app", "one").Gzip(), new Layer().File("usr/bin/app", "two").Gzip());
        Assert.Equal("two", await registry.TakeAsync("/bin/app"));
    }

    [Fact]
    public async Task A_hard_link_is_the_file_of_its_own_layer_or_of_those_below()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("data", "first").Gzip(), new Layer().HardLink("app", "data").Gzip(), new Layer().File("data", "later").Gzip());
        Assert.Equal("first", await registry.TakeAsync("app"));
    }

    [Fact]
    public async Task Links_that_lead_nowhere_end()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().SymbolicLink("a", "b").SymbolicLink("b", "a").Gzip());
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => registry.TakeAsync("a"));
        Assert.Equal(RegistryError.Untrusted, refused.Error);
        Assert.Contains("16 links", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_that_would_leave_the_image_is_not_taken_for_the_file()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        registry.Image("1", new Layer().File("app", "right").File("x/../app", "wrong").File("../../app", "wrong").Gzip());
        Assert.Equal("right", await registry.TakeAsync("app"));
    }

    [Fact]
    public async Task An_index_gives_the_variant_for_linux_amd64()
    {
        await using TestRegistry registry = await TestRegistry.StartAsync();
        string arm = registry.Image("arm", new Layer().File("app", "arm").Gzip()), amd = registry.Image("amd", new Layer().File("app", "amd").Gzip());
        string index = registry.Manifest("1", $$$"""
            {"schemaVersion":2,"manifests":[
              {"digest":"{{{arm}}}","size":1,"platform":{"os":"linux","architecture":"arm64"}},
              {"digest":"{{{amd}}}","size":1,"platform":{"os":"linux","architecture":"amd64"}}]}
            """);
        Assert.Equal("amd", await registry.TakeAsync("app"));
        using var client = new RegistryClient();
        Assert.Equal((index, amd), (await client.ResolveAsync(registry.Reference(), RegistryCredentials.None)) is var image ? (image.Digest, image.ManifestDigest) : default);
    }

    [Theory]
    [InlineData("localhost:5000/app", "localhost:5000", "app", null, null)]
    [InlineData("ghcr.io/team/app:1.4@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "ghcr.io", "team/app", "1.4", "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("nginx", "docker.io", "library/nginx", null, null)]
    [InlineData("team/app:x", "docker.io", "team/app", "x", null)]
    public void A_reference_is_read_as_docker_reads_it(string text, string host, string repository, string? tag, string? digest)
    {
        ImageReference image = ImageReference.Parse(text);
        Assert.Equal((host, repository, tag, digest), (image.Host, image.Repository, image.Tag, image.Digest));
    }

    [Theory]
    [InlineData("")]
    [InlineData("host.example/../x")]
    [InlineData("host.example/App")]
    [InlineData("host.example/app@sha256:12")]
    [InlineData("host.example/app:")]
    [InlineData("user@host.example/app")]
    [InlineData("host.example/app\n")]
    public void Another_form_is_refused(string text) => Assert.False(ImageReference.TryParse(text, out _));
}
