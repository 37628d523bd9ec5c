using Qos.Registry;

namespace Qos.Control.Tests;

/// <summary>The folder of executables after a service that was killed.</summary>
public class PivotFolderTests
{
    [Fact]
    public async Task Drafts_of_a_service_that_was_killed_go_and_those_of_one_that_may_run_stay()
    {
        string folder = Directory.CreateTempSubdirectory("qos-pivots-").FullName;
        try
        {
            ServiceKey.Make(folder);
            using var key = ServiceKey.Open(Path.Combine(folder, ServiceKey.FileName));
            string old = Path.Combine(folder, $".{Guid.NewGuid():N}"), young = Path.Combine(folder, $".{Guid.NewGuid():N}");
            await File.WriteAllTextAsync(old, "half");
            await File.WriteAllTextAsync(young, "half");
            File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
            using var registry = new RegistryClient(new RegistryOptions());
            var store = new PivotStore(folder, registry, key, RegistryCredentials.None);
            var image = new ResolvedImage(ImageReference.Parse($"127.0.0.1:{ControlService.FreePort()}/app@sha256:{new string('0', 64)}"), "", "", []);
            await Assert.ThrowsAsync<RegistryException>(() => store.TakeAsync(image, "/app", new byte[32], null, TestContext.Current.CancellationToken));
            Assert.Equal([Path.GetFileName(young), ServiceKey.FileName], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
