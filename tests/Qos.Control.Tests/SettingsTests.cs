using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Fleet.Storage;

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

    [Theory]
    [InlineData(""" "images": null """, "'images' cannot be null.")]
    [InlineData(""" "images": [null] """, "images[0] has no version.")]
    [InlineData(""" "images": [{"version": "1", "pcrs": "p"}, {"version": "1", "pcrs": "q"}] """, "images[1]: there is an image '1' already.")]
    [InlineData(""" "images": [{"version": "1", "pcrs": "p", "roleArn": ""}] """, "images[0].roleArn '' is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME.")]
    [InlineData(""" "images": [{"version": "1", "pcrs": null}] """, "'pcrs' cannot be null.")]
    [InlineData(""" "runner": null """, "'runner' cannot be null.")]
    [InlineData(""" "runner": {"kind": "local", "firstPort": -1} """, "runner.firstPort, -1, is not from 1 to 65535.")]
    [InlineData(""" "runner": {"kind": "local", "lastPort": 80000} """, "runner.lastPort, 80000, is not from 1 to 65535.")]
    [InlineData(""" "ingress": null """, "'ingress' cannot be null.")]
    [InlineData(""" "ingress": {"listen": "http://127.0.0.1:2", "firstTcpPort": 0} """, "ingress.firstTcpPort, 0, is not from 1 to 65535.")]
    [InlineData(""" "ingress": {"listen": "http://127.0.0.1:2", "maxBody": -1} """, "ingress.maxBody, -1, is not from 0 to 9.223372036854776E+18.")]
    [InlineData(""" "ingress": {"listen": "http://127.0.0.1:2", "domain": ""} """, "ingress.domain, '', is no domain, for example apps.example.com.")]
    [InlineData(""" "ingress": {"listen": "http://127.0.0.1:1"} """, "listen and ingress.listen are both 127.0.0.1:1: API and apps have a port each.")]
    [InlineData(""" "listen": "ftp://127.0.0.1:1" """, "listen: 'ftp://127.0.0.1:1' is not where to listen, for example http://127.0.0.1:7800.")]
    [InlineData(""" "listen": "https://127.0.0.1:1" """, "listen is https://127.0.0.1:1, and there is no certificate for it.")]
    [InlineData(""" "certificate": {} """, "it lacks 'certificate', 'key'.")]
    [InlineData(""" "certificate": {"certificate": null, "key": "k"} """, "'certificate' cannot be null.")]
    [InlineData(""" "openTelemetry": "" """, "openTelemetry, '', is no URL of a collector, for example http://127.0.0.1:4317.")]
    [InlineData(""" "requestsPerSecond": 0 """, "requestsPerSecond, 0, is not from 1 to 1000000.")]
    [InlineData(""" "requestsPerSecond": 2147483647 """, "requestsPerSecond, 2147483647, is not from 1 to 1000000.")]
    [InlineData(""" "retentionHours": 1e300 """, "retentionHours, 1E+300, is not from 0 to 878400.")]
    [InlineData(""" "retentionHours": -1 """, "retentionHours, -1, is not from 0 to 878400.")]
    [InlineData(""" "plainRegistries": null """, "'plainRegistries' cannot be null.")]
    [InlineData(""" "plainRegistries": [null] """, "an entry of plainRegistries is empty.")]
    public void What_cannot_be_is_refused_before_anything_is_started(string member, string said)
    {
        string folder = Directory.CreateTempSubdirectory("qos-settings-").FullName, file = Path.Combine(folder, ControlSettings.FileName);
        try
        {
            var settings = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse("""
                {"listen": "http://127.0.0.1:1", "database": "sqlite:fleet.db", "data": "data", "images": [{"version": "1", "pcrs": "qos.pcrs"}],
                 "runner": {"kind": "local"}, "ingress": {"listen": "http://127.0.0.1:2"}}
                """)!;
            foreach ((string name, System.Text.Json.Nodes.JsonNode? value) in (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse($"{{{member}}}")!)
                settings[name] = value?.DeepClone();
            File.WriteAllText(file, settings.ToJsonString());
            string message = Assert.Throws<ControlException>(() => ControlSettings.Read(folder)).Message;
            Assert.StartsWith(file, message, StringComparison.Ordinal);
            Assert.EndsWith($": {said}", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("local", "qos-enclave")]
    [InlineData("nitro", "qos-host")]
    public void Programs_that_are_missing_are_told_before_a_replica_needs_them(string kind, string missing)
    {
        var settings = new ControlSettings
        {
            Listen = "http://127.0.0.1:1",
            Database = "",
            Data = "",
            Images = [],
            Runner = new RunnerSettings { Kind = kind, Programs = "/nowhere", Pki = "pki" },
            Ingress = new IngressSettings { Listen = "http://127.0.0.1:2" },
        };
        using ServiceProvider none = new ServiceCollection().BuildServiceProvider();
        Assert.Equal(
            $"/nowhere/{missing} is missing: runner.programs is the folder of the programs.",
            Assert.Throws<ControlException>(() => RunnerChoice.Make(settings, none, TimeProvider.System)).Message);
    }

    [Fact]
    public async Task A_database_without_a_host_is_refused_in_plain_words()
    {
        StorageException refused = await Assert.ThrowsAsync<StorageException>(() => FleetDatabase.OpenAsync("postgres:Database=x", TimeProvider.System, default));
        Assert.Equal("The database's connection string names no Host.", refused.Message);
    }

    /// <summary>A service that waits for a pipe neither runs nor says why.</summary>
    [Theory]
    [InlineData(ControlSettings.FileName)]
    [InlineData("database")]
    [InlineData("root.pem")]
    [InlineData("qos.pcrs")]
    [InlineData("config.json")]
    [InlineData("service.secret")]
    [InlineData("api.pem")]
    [InlineData("api.key")]
    public async Task A_pipe_in_a_files_place_is_refused_in_one_line(string name)
    {
        string folder = Directory.CreateTempSubdirectory("qos-settings-").FullName, pipe = Path.Combine(folder, name);
        try
        {
            File.WriteAllText(Path.Combine(folder, ControlSettings.FileName), """
                {"listen": "http://127.0.0.1:1", "database": "file:database", "data": ".", "images": [{"version": "1", "pcrs": "qos.pcrs", "roleArn": "arn:aws:iam::123456789012:role/a"}],
                 "root": "root.pem", "registryCredentials": "config.json", "certificate": {"certificate": "api.pem", "key": "api.key"},
                 "runner": {"kind": "local"}, "ingress": {"listen": "http://127.0.0.1:2"}}
                """);
            File.WriteAllText(Path.Combine(folder, "database"), "sqlite:fleet.db");
            File.WriteAllText(Path.Combine(folder, "root.pem"), Qos.Fleet.World.FleetWorld.Pki.RootPem);
            File.WriteAllLines(Path.Combine(folder, "qos.pcrs"), Qos.Fleet.World.FleetWorld.Pcrs.Where(static pcr => pcr.Key <= 2).Select(static pcr => $"{Convert.ToHexStringLower(pcr.Value)} PCR{pcr.Key}"));
            File.WriteAllText(Path.Combine(folder, "config.json"), """{"auths":{}}""");
            ServiceKey.Make(folder);
            using var certificates = new TestCertificates("api");
            File.Copy(certificates.Files.Certificate, Path.Combine(folder, "api.pem"));
            File.Copy(certificates.Files.Key, Path.Combine(folder, "api.key"));
            Use(folder);

            File.Delete(pipe);
            using (var made = System.Diagnostics.Process.Start("mkfifo", ["-m", "644", pipe]))
                await made.WaitForExitAsync();
            ControlException refused = await Assert.ThrowsAsync<ControlException>(() => Task.Run(() => Use(folder)).WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains($"/{name} is a pipe or a device", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        // What a start reads.
        static void Use(string folder)
        {
            ControlSettings settings = ControlSettings.Read(folder);
            ServiceTrust.Of(settings);
            ServiceKey.Open(settings.ServiceKey!).Dispose();
            ControlServer.OwnCredentials(settings);
            _ = new ServingCertificate(settings.Certificate!, TimeProvider.System, NullLogger.Instance);
        }
    }

    [Fact]
    public void A_folder_a_device_and_a_file_without_end_are_refused_in_one_line()
    {
        string folder = Directory.CreateTempSubdirectory("qos-settings-").FullName;
        try
        {
            Assert.Equal("/dev/zero: more than 67108864 bytes are too many.", Assert.Throws<ControlException>(() => ControlSettings.Read("/dev/zero")).Message);
            string file = Path.Combine(folder, ControlSettings.FileName);
            Assert.Equal($"{file} does not exist. Make one with 'qos-control init'.", Assert.Throws<ControlException>(() => ControlSettings.Read(folder)).Message);
            Directory.CreateDirectory(file);
            Assert.Equal($"{file} is a folder; name a file in it.", Assert.Throws<ControlException>(() => ControlSettings.Read(folder)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
