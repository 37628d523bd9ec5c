namespace Qos.Control.Tests;

/// <summary>The settings file as people write it.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void What_a_file_leaves_out_has_the_documented_value()
    {
        string folder = Directory.CreateTempSubdirectory("qos-settings-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, ControlSettings.FileName), """
                {"listen": "http://127.0.0.1:1", "database": "sqlite:fleet.db", "data": "data", "images": [{"version": "1", "pcrs": "qos.pcrs"}],
                 "runner": {"kind": "local"}, "ingress": {"listen": "http://127.0.0.1:2"}}
                """);
            ControlSettings settings = ControlSettings.Read(folder);
            Assert.Equal((50, 24.0, 0), (settings.RequestsPerSecond, settings.RetentionHours, settings.PlainRegistries.Count));
            Assert.Equal((Path.Combine(folder, "replicas"), 20000, 29999), (settings.Runner.Folder, settings.Runner.FirstPort, settings.Runner.LastPort));
            Assert.Equal(("localhost", 31000, 31999, 1L << 30), (settings.Ingress.Domain, settings.Ingress.FirstTcpPort, settings.Ingress.LastTcpPort, settings.Ingress.MaxBody));
            Assert.Equal("", Assert.Single(settings.Images).QosCommit);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
