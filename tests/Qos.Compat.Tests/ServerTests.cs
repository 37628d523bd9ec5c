using System.CommandLine;
using Qos.Protocol;

namespace Qos.Compat.Tests;

/// <summary>The servers' options and what they become.</summary>
public class ServerTests
{
    [Theory]
    [InlineData("--cid 16 --port 3 --host-ip 0.0.0.0 --host-port 3000", "--enclave-cid 16 --listen 0.0.0.0:3000 --base-path /qos --enclave-timeout 20 --enclave-single-connection --no-bridges")]
    [InlineData(
        "--usock dev.sock --host-ip 127.0.0.1 --host-port 3001 --endpoint-base-path api --socket-timeout 500",
        "--enclave-socket dev.sock --listen 127.0.0.1:3001 --base-path /api --enclave-timeout 0.5 --enclave-single-connection --no-bridges")]
    public void A_host(string line, string expected)
    {
        var program = new HostProgram();
        Assert.Equal(expected, string.Join(' ', program.Translate(Parsed(program, line))));
    }

    [Theory]
    [InlineData("--cid 16 --host-ip 0.0.0.0 --host-port 3000")]
    [InlineData("--cid 16 --port 4 --host-ip 0.0.0.0 --host-port 3000")]
    [InlineData("--cid 16 --port 3 --usock a --host-ip 0.0.0.0 --host-port 3000")]
    [InlineData("--host-ip 0.0.0.0 --host-port 3000")]
    public void A_host_that_is_told_no_enclave_or_two(string line)
    {
        var program = new HostProgram();
        Assert.Throws<FormatException>(() => program.Translate(Parsed(program, line)));
    }

    [Theory]
    [InlineData("--usock= --host-ip 127.0.0.1 --host-port 3001", "--usock")]
    [InlineData("--usock --host-ip 127.0.0.1 --host-port 3001", "--usock")]
    [InlineData("--usock a --host-ip= --host-port 3001", "--host-ip")]
    public void An_option_with_nothing_behind_it_takes_no_other_word(string line, string option)
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(ClientCommandLine.Refused, new HostProgram().Run(line.Split(' '), new Screen(TextReader.Null, output, error)));
        Assert.Equal($"Invalid input: {option} needs a value, and none is given", error.ToString().TrimEnd());
    }

    [Fact]
    public void A_bridge_on_the_ports_of_the_manifest_or_on_another()
    {
        var program = new BridgeProgram();
        Assert.Equal(
            "--enclave-cid 16 --listen 127.0.0.1:0 --enclave-single-connection",
            string.Join(' ', program.Translate(Parsed(program, "--control-url http://localhost:3001/qos --cid 16 --vsock-to-host true"), [])));
        Assert.Equal(
            "--enclave-socket dev.sock --listen 127.0.0.1:0 --enclave-single-connection --publish 3000=0.0.0.0:4000",
            string.Join(' ', program.Translate(
                Parsed(program, "--control-url http://localhost:3001/qos --usock dev.sock --host-port-override 4000"),
                [new BridgeConfig.Server(3000, "0.0.0.0"), new BridgeConfig.Client(443, null)])));
    }

    [Fact]
    public void An_enclave_with_the_device()
    {
        var program = new CoreProgram();
        (string[] enclave, string[]? simulator) = program.Translate(Parsed(program, "--cid 6 --port 3"), "/", "/w", "/a");
        Assert.Equal("--socket vsock:any --nsm device --dir / --work-dir /w --linger 3", string.Join(' ', enclave));
        Assert.Null(simulator);
    }

    [Fact]
    public void An_enclave_with_the_mock()
    {
        var program = new CoreProgram();
        (string[] enclave, string[]? simulator) = program.Translate(Parsed(program, "--usock dev.sock --mock --mock-pcrs a.pcrs --mock-pki pki"), "/n", "/w", "/a");
        Assert.Equal("--socket dev.sock --nsm dev.sock.nsm --dir /n --work-dir /w --linger 3", string.Join(' ', enclave));
        Assert.Equal("--socket dev.sock.nsm --pcrs a.pcrs --mock-pki pki", string.Join(' ', simulator!));
        Assert.Throws<FormatException>(() => program.Translate(Parsed(program, "--usock dev.sock --mock-pcrs a.pcrs"), "/n", "/w", "/a"));
        Assert.Equal("--socket dev.sock.nsm --pki-dir /a", string.Join(' ', program.Translate(Parsed(program, "--usock dev.sock --mock"), "/n", "/w", "/a").Simulator!));
        Assert.Equal("--socket dev.sock.nsm", string.Join(' ', program.Translate(Parsed(program, "--usock dev.sock --mock"), "/n", "/w", null).Simulator!));
    }

    [Fact]
    public void Files_that_have_the_nodes_names_are_the_folders_own()
    {
        var program = new CoreProgram();
        var folder = NodeFolder.For(program.Files(Parsed(program, "--usock a --quorum-file /t/qos.quorum.key --pivot-file /t/qos.pivot.bin")));
        Assert.Equal("/t", folder.Path);
        Assert.Empty(folder.Links);
        Assert.Equal("/", NodeFolder.For(program.Files(Parsed(program, "--usock a"))).Path);
    }

    [Fact]
    public void Files_of_other_names_are_linked()
    {
        string root = Directory.CreateTempSubdirectory("qos-compat-").FullName;
        try
        {
            var program = new CoreProgram();
            var folder = NodeFolder.For(program.Files(Parsed(program, $"--usock a --quorum-file {root}/my.secret --pivot-file {root}/my.pivot")));
            Assert.Equal($"{root}/my.secret.node", folder.Path);
            folder.Link();
            folder.Link();
            Directory.CreateDirectory(folder.Path);
            File.WriteAllText(Path.Combine(folder.Path, "qos.pivot.bin"), "a binary");
            Assert.Equal("a binary", File.ReadAllText($"{root}/my.pivot"));

            // A binary in the way is replaced, as the reference does; what may be the last copy of a key is not.
            File.Delete($"{root}/my.pivot");
            File.WriteAllText($"{root}/my.pivot", "an older binary");
            folder.Link();
            Assert.Equal("a binary", File.ReadAllText($"{root}/my.pivot"));
            File.Delete($"{root}/my.secret");
            File.WriteAllText($"{root}/my.secret", "another node's");
            Assert.Throws<Client.CeremonyException>(folder.Link);
            Assert.Equal("another node's", File.ReadAllText($"{root}/my.secret"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData("/s", "/h", "/s/qos/mock-authority")]
    [InlineData(null, "/h", "/h/.local/state/qos/mock-authority")]
    [InlineData("relative", "/h", "/h/.local/state/qos/mock-authority")]
    [InlineData(null, null, null)]
    public void The_mocks_of_a_user_share_an_authority(string? state, string? home, string? folder) =>
        Assert.Equal(folder, MockAuthority.Folder(name => name == "HOME" ? home : name == "XDG_STATE_HOME" ? state : null));

    private static ParseResult Parsed(ServerProgram program, string line)
    {
        ParseResult parsed = program.Parse(line.Split(' '));
        Assert.Empty(parsed.Errors);
        return parsed;
    }
}
