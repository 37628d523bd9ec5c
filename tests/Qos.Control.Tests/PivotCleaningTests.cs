using System.Security.Cryptography;
using Qos.Fleet;
using Qos.Registry;

namespace Qos.Control.Tests;

/// <summary>Executables that no deployment needs do not stay for ever.</summary>
public sealed class PivotCleaningTests
{
    private static readonly byte[] s_hash = SHA256.HashData(ControlService.Pivot);
    private static readonly string s_name = Convert.ToHexStringLower(s_hash);

    [Fact]
    public async Task What_nobody_needs_goes_when_it_is_old_and_comes_again_when_it_is_asked_for()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ServiceKey key = ServiceKey.Open(Path.Combine(service.Data, ServiceKey.FileName));
        using var registry = new RegistryClient(new RegistryOptions());
        string folder = Path.Combine(service.Data, "cleaned");
        var pivots = new PivotStore(folder, registry, key, RegistryCredentials.None);
        ResolvedImage image = await pivots.ResolveAsync(ImageReference.Parse(service.Image), null, default);
        string path = await pivots.TakeAsync(image, "/app/server", s_hash, null, default);
        DateTime now = DateTime.UtcNow, hourAgo = now.AddHours(-1);

        // Young: a deployment of it may be on its way.
        Assert.Equal(0, await pivots.RemoveUnneededAsync(hourAgo, Needed(), default));

        // Old and needed; and what a killed service left half written.
        string draft = Path.Combine(folder, ".0123456789abcdef0123456789abcdef");
        await File.WriteAllTextAsync(draft, "half", TestContext.Current.CancellationToken);
        Age(path, draft);
        Assert.Equal(1, await pivots.RemoveUnneededAsync(hourAgo, Needed(s_name), default));
        Assert.Equal([path], Directory.GetFiles(folder));

        // Asked for again, it is young.
        Assert.Equal(path, await pivots.TakeAsync(image, "/app/server", s_hash, null, default));
        Assert.Equal(0, await pivots.RemoveUnneededAsync(hourAgo, Needed(), default));

        Age(path);
        Assert.Equal(1, await pivots.RemoveUnneededAsync(hourAgo, Needed(), default));
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Equal(0, pivots.Remembered);
        Assert.Equal(ControlService.Pivot, await File.ReadAllBytesAsync(await pivots.TakeAsync(image, "/app/server", s_hash, null, default), TestContext.Current.CancellationToken));

        void Age(params string[] files)
        {
            foreach (string file in files)
                File.SetLastWriteTimeUtc(file, now.AddHours(-2));
        }
    }

    [Fact]
    public async Task Nothing_is_remembered_but_of_files_that_are_there()
    {
        await using ControlService service = await ControlService.StartAsync();
        using ServiceKey key = ServiceKey.Open(Path.Combine(service.Data, ServiceKey.FileName));
        using var registry = new RegistryClient(new RegistryOptions());
        string folder = Path.Combine(service.Data, "remembered");
        var pivots = new PivotStore(folder, registry, key, RegistryCredentials.None);
        ResolvedImage image = await pivots.ResolveAsync(ImageReference.Parse(service.Image), null, default);
        for (byte i = 0; i < 5; i++)
        {
            byte[] other = [.. s_hash.AsSpan()[1..], i];
            await Assert.ThrowsAsync<RegistryException>(() => pivots.TakeAsync(image, "/app/server", other, null, default));
            await Assert.ThrowsAsync<RegistryException>(() => pivots.TakeAsync(image, $"/app/{i}", s_hash, null, default));
        }

        Assert.Equal(0, pivots.Remembered);
        string path = await pivots.TakeAsync(image, "/app/server", s_hash, null, default);
        Assert.Equal(1, pivots.Remembered);

        // Somebody else takes it away.
        File.Delete(path);
        Assert.Equal(0, await pivots.RemoveUnneededAsync(DateTime.UtcNow.AddHours(-1), Needed(), default));
        Assert.Equal(0, pivots.Remembered);
        Assert.Equal(path, await pivots.TakeAsync(image, "/app/server", s_hash, null, default));
        Assert.Equal(ControlService.Pivot, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_deployment_needs_its_executable_until_it_cannot_be_restored()
    {
        await using ControlService service = await ControlService.StartAsync();
        Deployment deployment = await service.World.DeployAsync(approve: false);
        string name = Convert.ToHexStringLower(deployment.Manifest.Pivot.Hash.Span);
        Assert.Equal([name], await service.World.Database.NeededPivotsAsync(default));
        await service.World.Database.DeleteDeploymentAsync(await service.World.ActivityAsync(), "{}", deployment.Id, default);
        Assert.Equal([name], await service.World.Database.NeededPivotsAsync(default));
        await service.World.Database.PurgeAsync(deployment.Id, default);
        Assert.Empty(await service.World.Database.NeededPivotsAsync(default));
    }

    private static Func<CancellationToken, Task<IReadOnlySet<string>>> Needed(params string[] names) => _ => Task.FromResult<IReadOnlySet<string>>(names.ToHashSet(StringComparer.Ordinal));
}
