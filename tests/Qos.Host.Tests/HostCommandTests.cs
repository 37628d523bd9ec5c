using System.CommandLine;
using System.Net;
using Qos.Arguments;

namespace Qos.Host.Tests;

public sealed class HostCommandTests
{
    private static readonly string[] s_least = ["--enclave-cid", "16", "--listen", "127.0.0.1:3001"];

    [Fact]
    public void The_environment_says_what_the_command_line_does_not()
    {
        HostSettings settings = Read([], new()
        {
            ["QOS_HOST_ENCLAVE_CID"] = "17",
            ["QOS_HOST_LISTEN"] = "127.0.0.1:3002",
            ["QOS_HOST_HEALTH_LISTEN"] = "127.0.0.1:3003",
            ["QOS_HOST_PUBLISH"] = "80=127.0.0.1:8080, 81=127.0.0.1:8081",
            ["QOS_HOST_NO_BRIDGES"] = "1",
            ["QOS_HOST_LOG"] = "json",
            ["QOS_HOST_APP_CHECK"] = "grpc:3000/my.Service",
        });
        Assert.Equal("vsock:17", settings.Enclave.ToString());
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 3002)], settings.Listen);
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 3003)], settings.HealthListen);
        Assert.Equal([80, 81], settings.Publish.Keys.Select(static port => (int)port).Order());
        Assert.False(settings.Bridges);
        Assert.True(settings.JsonLog);
        Assert.Equal(new AppCheckTarget(true, 3000, "my.Service"), settings.AppCheck);
    }

    [Fact]
    public void The_command_line_goes_before_the_environment_and_the_environment_before_the_default()
    {
        Dictionary<string, string> environment = new() { ["QOS_HOST_LISTEN"] = "127.0.0.1:9", ["QOS_HOST_ENCLAVE_SOCKET"] = "/e", ["QOS_HOST_DRAIN"] = "3" };
        HostSettings settings = Read(s_least, environment);
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 3001)], settings.Listen);
        Assert.Equal("vsock:16", settings.Enclave.ToString());
        Assert.Equal(TimeSpan.FromSeconds(3), settings.Drain);
        Assert.Equal("/qos", settings.BasePath);
    }

    [Theory]
    [InlineData("QOS_HOST_LISTEN", "nowhere")]
    [InlineData("QOS_HOST_NO_BRIDGES", "perhaps")]
    [InlineData("QOS_HOST_ENCLAVE_CONNECTIONS", "0")]
    [InlineData("QOS_HOST_ENCLAVE_CONNECTIONS", "many")]
    [InlineData("QOS_HOST_ENCLAVE_TIMEOUT", "abc")]
    [InlineData("QOS_HOST_ENCLAVE_TIMEOUT", "NaN")]
    [InlineData("QOS_HOST_APP_CHECK_INTERVAL", "soon")]
    [InlineData("QOS_HOST_DRAIN", "-1")]
    [InlineData("QOS_HOST_UPLOAD_MEMORY", "1e99")]
    [InlineData("QOS_HOST_LOG", "xml")]
    public void A_wrong_variable_is_refused_as_the_option_is(string name, string value)
    {
        var command = new HostCommand(static (_, _) => Task.FromResult(0));
        string[] words = name == "QOS_HOST_LISTEN" ? ["--enclave-cid", "16"] : s_least;
        Assert.NotEmpty(command.Parse(command.WithEnvironment(words, asked => asked == name ? value : null)).Errors);
    }

    // An exception of the parser's is an abort of the program.
    [Theory]
    [InlineData("--enclave-cid", "abc", "--enclave-cid 'abc'")]
    [InlineData("--enclave-cid", "4294967296", "--enclave-cid '4294967296'")]
    [InlineData("--enclave-timeout", "abc", "above 0 and at most 3600 seconds")]
    [InlineData("--enclave-timeout", "Infinity", "above 0 and at most 3600 seconds")]
    [InlineData("--enclave-connections", "1025", "from 1 to 1024")]
    [InlineData("--upload-memory", "99999999999999999999", "from 128")]
    [InlineData("--app-check-interval", "", "from 0.1")]
    [InlineData("--drain", "ten", "from 0 to 3600 seconds")]
    [InlineData("--base-path", "/a//b", "--base-path must")]
    [InlineData("--base-path", "/{x}", "--base-path must")]
    [InlineData("--base-path", "/a/../b", "--base-path must")]
    [InlineData("--base-path", "/", "--base-path must")]
    [InlineData("--listen", "127.0.0.1:3001", "127.0.0.1:3001 is named twice by --listen and")]
    [InlineData("--health-listen", "127.0.0.1:3001", "127.0.0.1:3001 is named twice by --listen and --health-listen")]
    public void A_value_that_cannot_be_is_named(string option, string value, string because)
    {
        var command = new HostCommand(static (_, _) => Task.FromResult(0));
        string[] words = [.. option == "--enclave-cid" ? s_least.Except(["--enclave-cid", "16"]) : s_least, option, value];
        string message = command.Parse(words).Errors[0].Message;
        Assert.Contains(because, message, StringComparison.Ordinal);
        Assert.Contains(option, message, StringComparison.Ordinal);
    }

    /// <summary>What an unset variable of a shell leaves behind an equals sign.</summary>
    [Theory]
    [InlineData("--enclave-socket= --no-bridges", "--enclave-socket")]
    [InlineData("--enclave-socket: --no-bridges", "--enclave-socket")]
    [InlineData("--enclave-socket= --listen 127.0.0.1:3001", "--enclave-socket")]
    [InlineData("--enclave-socket --no-bridges --listen 127.0.0.1:3001", "--enclave-socket")]
    [InlineData("--listen 127.0.0.1:3001 --enclave-socket", "--enclave-socket")]
    [InlineData("--enclave-cid 16 --listen=", "--listen")]
    [InlineData("--enclave-cid 16 --listen 127.0.0.1:3001 --no-bridges= --publish 80=127.0.0.1:81", "--no-bridges")]
    [InlineData("--enclave-cid 16 --listen 127.0.0.1:3001 --publish= --drain 3", "--publish")]
    public void An_option_with_nothing_behind_it_takes_no_other_word(string line, string option)
    {
        var command = new HostCommand(static (_, _) => Task.FromResult(0));
        Dictionary<string, string> environment = new() { ["QOS_HOST_ENCLAVE_SOCKET"] = "/e", ["QOS_HOST_LISTEN"] = "127.0.0.1:9", ["QOS_HOST_LOG"] = "json" };
        Assert.Equal($"{option} has no value.", CommandArguments.Read(command, command.WithEnvironment(line.Split(' '), name => environment.GetValueOrDefault(name))).Mistake);
        Assert.Equal($"{option} has no value.", CommandArguments.Read(command, [.. line.Split(' '), ""]).Mistake);
    }

    [Fact]
    public void A_bridge_is_moved_once() => Assert.Equal(
        "--publish moves the port 80 twice.",
        CommandArguments.Read(new HostCommand(static (_, _) => Task.FromResult(0)), [.. s_least, "--publish", "80=127.0.0.1:1", "--publish", "80=127.0.0.1:2"]).Mistake);

    [Fact]
    public void A_value_behind_a_colon_goes_before_the_environment_too()
    {
        Dictionary<string, string> environment = new() { ["QOS_HOST_LISTEN"] = "127.0.0.1:9", ["QOS_HOST_ENCLAVE_SOCKET"] = "/e" };
        HostSettings settings = Read(["--enclave-cid:16", "--listen:127.0.0.1:3001"], environment);
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 3001)], settings.Listen);
        Assert.Equal("vsock:16", settings.Enclave.ToString());
    }

    /// <summary>A socket in the abstract namespace is written with an at sign, which the parser would take for a file of words.</summary>
    [Fact]
    public void No_file_is_read_for_a_word() => Assert.Null(
        CommandArguments.Read(new HostCommand(static (_, _) => Task.FromResult(0)), ["--enclave-socket", "@enclave", "--listen", "127.0.0.1:3001"]).Mistake);

    [Fact]
    public void Of_a_program_with_commands_the_word_that_is_none_is_named()
    {
        RootCommand program = new() { new Command("run") };
        Assert.Equal("Required command was not provided.", CommandArguments.Read(program, []).Mistake);
        Assert.Equal("Unrecognized command or argument 'runn'.", CommandArguments.Read(program, ["runn"]).Mistake);
    }

    [Fact]
    public void It_listens_wherever_it_is_told_to() => Assert.Equal(
        [new IPEndPoint(IPAddress.Loopback, 3001), new IPEndPoint(IPAddress.IPv6Any, 3002)],
        Read(["--enclave-cid", "16", "--listen", "127.0.0.1:3001", "--listen", "[::]:3002"], []).Listen);

    [Fact]
    public void Localhost_is_every_loopback_address_of_the_machine()
    {
        IReadOnlyList<IPEndPoint> listen = Read(["--enclave-cid", "16", "--listen", "localhost:3001"], []).Listen;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 3001), listen[0]);
        Assert.All(listen, static endPoint => Assert.True(IPAddress.IsLoopback(endPoint.Address)));
    }

    [Theory]
    [InlineData("http:3000/health", "http:3000/health")]
    [InlineData("grpc:3000", "grpc:3000")]
    [InlineData("grpc:3000/a.B", "grpc:3000/a.B")]
    [InlineData("http:3000", null)]
    [InlineData("http:0/x", null)]
    [InlineData("http:65536/x", null)]
    [InlineData("http:3000/a b", null)]
    [InlineData("tcp:3000", null)]
    [InlineData("", null)]
    public void A_check_of_the_app_is_one_of_two_forms(string text, string? read) =>
        Assert.Equal(read, AppCheckTarget.TryParse(text, out AppCheckTarget? target) ? target.ToString() : null);

    [Theory]
    [InlineData(256)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(1_000_000)]
    public void What_may_be_open_at_once_is_less_than_the_process_may_open(int limit)
    {
        var plan = new DescriptorPlan(limit);
        foreach (int bridges in (int[])[1, 2, 5])
        {
            int most = plan.HttpConnections + plan.HealthConnections + (6 * bridges * plan.ConnectionsOfOneBridge(bridges));
            Assert.True(most < limit - 20, $"{most} of {limit} with {bridges} bridges");
        }
    }

    private static HostSettings Read(string[] words, Dictionary<string, string> environment)
    {
        HostSettings? read = null;
        var command = new HostCommand((settings, _) =>
        {
            read = settings;
            return Task.FromResult(0);
        });
        var arguments = CommandArguments.Read(command, command.WithEnvironment(words, name => environment.GetValueOrDefault(name)));
        Assert.Null(arguments.Mistake);
        Assert.Equal(0, arguments.Parsed.Invoke());
        return read!;
    }
}
