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

    [Theory]
    [InlineData("\"lissten\": 1, ", ", line 1, column 12: there is no member 'lissten' here.")]
    [InlineData("\"listen\": 5, ", ", line 1, column 13: another kind of value is wanted here.")]
    [InlineData("\"listen\" 5, ", ", line 1, column 11: '5' is invalid after a property name. Expected a ':'.")]
    [InlineData("", ", line 1, column 167: it lacks 'listen'.")]
    [InlineData("\"listen\": \"http://127.0.0.1:1\", \"p\": 1, ", ", line 1, column 38: there is no member 'p' here.")]
    [InlineData("\"listen\": \"http://127.0.0.1:1\", ", ": runner.firstPort, 5, is above runner.lastPort, 4.")]
    public void What_is_wrong_in_a_file_is_said_with_its_place(string first, string said)
    {
        string folder = Directory.CreateTempSubdirectory("qos-settings-").FullName, file = Path.Combine(folder, ControlSettings.FileName);
        try
        {
            File.WriteAllText(file, $"{{{first}" + """
                "database": "sqlite:fleet.db", "data": "data", "images": [], "runner": {"kind": "local", "firstPort": 5, "lastPort": 4}, "ingress": {"listen": "http://127.0.0.1:2"}}
                """);
            Assert.Equal(file + said, Assert.Throws<ControlException>(() => ControlSettings.Read(folder)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
