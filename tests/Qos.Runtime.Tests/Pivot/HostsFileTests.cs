using Qos.Protocol;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>The app's /etc/hosts.</summary>
public sealed class HostsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-hosts-").FullName;

    [Fact]
    public void Names_lead_to_their_addresses_and_addresses_and_localhost_need_none()
    {
        string path = Path.Combine(_folder, "etc", "hosts");
        HostsFile.Write(path,
        [
            new BridgeConfig.Server(3000, "0.0.0.0"), new BridgeConfig.Client(443, "one.example"), new BridgeConfig.Client(443, "192.0.2.7"),
            new BridgeConfig.Client(443, "two.example."), new BridgeConfig.Client(80, "one.example"), new BridgeConfig.Client(81, "LocalHost"),
        ]);
        Assert.Equal("127.0.0.1 localhost\n127.1.0.1 one.example\n127.1.0.3 two.example\n", File.ReadAllText(path));
        HostsFile.Write(path, []);
        Assert.Equal("127.0.0.1 localhost\n", File.ReadAllText(path));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
