using System.Net;
using System.Net.Sockets;
using System.Text;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>What operators do and what goes wrong around them: one clear line each, an exit code, nothing left behind.</summary>
public sealed class OperationTests(ITestOutputHelper output) : NodeTests(output)
{
    private static readonly TimeSpan s_bounded = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("qos-enclave", "")]
    [InlineData("qos-enclave", "--socket /tmp/x --nsm")]
    [InlineData("qos-enclave", "--socket /tmp/x --nsm /tmp/y --network none")]
    [InlineData("qos-enclave", "--socket /tmp/x --nsm /tmp/y --unknown 1")]
    [InlineData("qos-enclave", "--socket vsock:any --nsm /tmp/y")]
    [InlineData("qos-enclave", "--socket vsock:x --nsm device")]
    [InlineData("qos-enclave", "--socket /tmp/x --socket /tmp/z --nsm /tmp/y")]
    [InlineData("qos-host", "")]
    [InlineData("qos-host", "--listen 127.0.0.1:0")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --listen nowhere")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --enclave-cid 16 --listen 127.0.0.1:3001")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --listen 127.0.0.1:3001 --publish 80")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --listen 127.0.0.1:3001 --enclave-timeout soon")]
    [InlineData("qos-host", "--enclave-cid x --listen 127.0.0.1:3001")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --listen 127.0.0.1:3001 --upload-memory much")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --listen 127.0.0.1:3001 --no-bridges=perhaps")]
    [InlineData("qos-host", "--enclave-socket /tmp/x --listen 127.0.0.1:3001 --base-path /a//b")]
    [InlineData("qos-nsm-sim", "--socket /tmp/x --fault-delay soon")]
    [InlineData("qos-nsm-sim", "--socket /tmp/x --fault-delay -1")]
    [InlineData("qos-nsm-sim", "--socket /tmp/x --fault-damage Badly")]
    [InlineData("qos-nsm-sim", "--socket /tmp/x --role-arn=")]
    [InlineData("qos-nsm-sim", "--socket=")]
    [InlineData("qos-nsm-sim", "")]
    [InlineData("qos-nsm-sim", "--socket /tmp/x --fault-error Nothing=Wrong")]
    [InlineData("qos-nsm-sim", "--socket /tmp/x --pcr0 abc")]
    [InlineData("qos-control", "")]
    [InlineData("qos-control", "--nonsense")]
    [InlineData("qos-control", "ini")]
    [InlineData("qos-control", "key add")]
    [InlineData("qos-control", "run --settings")]
    public async Task A_wrong_command_line_is_refused_with_2_and_says_what_is_wrong(string program, string arguments)
    {
        (int exitCode, string[] lines, string[] errors) = await RunningProgram.RunAsync(
            program, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(exitCode == 2, $"exit code {exitCode}: {string.Join('\n', errors)}");
        Assert.Empty(lines);
        Assert.InRange(errors.Length, 1, 3);
        Assert.All(errors, line => Assert.StartsWith($"{program}: ", line, StringComparison.Ordinal));
        AssertReadable(errors);
    }

    /// <summary>What is closed becomes no file's number, and no program ends by a signal or with a stack trace because it cannot say something.</summary>
    [Theory]
    [InlineData("qos", 1, "key new member")]
    [InlineData("qos", 1, "--help")]
    [InlineData("qos", 2, "nonsense")]
    [InlineData("qos-control", 1, "--help")]
    [InlineData("qos-control", 2, "nonsense")]
    [InlineData("qos-host", -1, "--help")]
    [InlineData("qos-host", 2, "nonsense")]
    [InlineData("qos-nsm-sim", -1, "--help")]
    [InlineData("qos-nsm-sim", 2, "nonsense")]
    public async Task Without_standard_streams_or_with_full_ones_a_program_ends_in_order(string program, int expected, string arguments)
    {
        foreach (string redirection in (string[])[">/dev/full", ">&-", ">/dev/full 2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
        {
            string folder = Directory.CreateTempSubdirectory("qos-streams-").FullName;
            try
            {
                using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
                    "sh", ["-c", $"cd '{folder}' && exec \"$@\" {redirection}", "sh", Programs.Find(program), .. arguments.Split(' ')])
                { RedirectStandardError = true })!;
                string error = await process.StandardError.ReadToEndAsync();
                await process.WaitForExitAsync();

                // What a service prints to a closed stream is lost.
                int status = expected >= 0 ? expected : redirection.Contains(">&-", StringComparison.Ordinal) ? 0 : 1;
                Assert.True(process.ExitCode == status, $"{program} {arguments} {redirection} ends with {process.ExitCode}: {error}");
                Assert.Equal(redirection.Contains("2>", StringComparison.Ordinal) || status == 0 ? 0 : 1, error.Count(static character => character == '\n'));
                foreach (string key in Directory.GetFiles(folder, "*.secret"))
                    Assert.Matches("^[0-9a-f]{64}\n?$", await File.ReadAllTextAsync(key));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>What an unset variable of a shell leaves behind an equals sign.</summary>
    [Theory]
    [InlineData("qos", "--in has no value", "key sign a.secret --in= --out signature")]
    [InlineData("qos-host", "--enclave-socket has no value", "--enclave-socket= --no-bridges")]
    [InlineData("qos-host", "--enclave-socket has no value", "--enclave-socket= --listen 127.0.0.1:3001")]
    [InlineData("qos-enclave", "--socket needs a value", "--socket= --nsm /tmp/y")]
    [InlineData("qos-enclave", "--nsm needs a value", "--socket /tmp/x --nsm --dir /tmp/d")]
    [InlineData("qos-nsm-sim", "--socket has no value", "--socket= /tmp/x")]
    [InlineData("qos-nsm-sim", "--out has no value", "pki --out= --pki-dir x")]
    [InlineData("qos-control", "--dir has no value", "init --dir= --listen 127.0.0.1:0")]
    [InlineData("qos-control", "--settings has no value", "run --settings=")]
    public async Task An_option_with_nothing_behind_its_equals_sign_takes_no_other_word(string program, string complaint, string arguments)
    {
        (int exitCode, string[] lines, string[] errors) = await RunningProgram.RunAsync(program, arguments.Split(' '));
        Assert.Contains(complaint, Assert.Single(errors), StringComparison.Ordinal);
        Assert.Equal(2, exitCode);
        Assert.Empty(lines);
    }

    [Theory]
    [InlineData("qos-enclave")]
    [InlineData("qos-host")]
    [InlineData("qos-nsm-sim")]
    [InlineData("qos-control")]
    public async Task Help_is_on_stdout_with_an_example(string program)
    {
        (int exitCode, string[] lines, string[] errors) = await RunningProgram.RunAsync(program, "--help");
        Assert.Equal(0, exitCode);
        Assert.Empty(errors);
        Assert.Contains(lines, line => line.Contains("Example", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("qos")]
    [InlineData("qos-enclave")]
    [InlineData("qos-host")]
    [InlineData("qos-nsm-sim")]
    [InlineData("qos-control")]
    public async Task The_version_is_told_with_the_commit_that_the_programs_were_made_from(string program)
    {
        string commit = (await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Programs.Find(program)))!, ".commit"))).Trim();
        (int exitCode, string[] lines, _) = await RunningProgram.RunAsync(program, "--version");
        Assert.Equal(0, exitCode);
        Assert.Contains(commit, Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_or_a_folder_that_is_taken_is_said_in_one_line()
    {
        await using LocalNode node = await NodeAsync();
        string folder = Directory.CreateDirectory(node.In("second")).FullName;
        await FailsAsync("qos-host", "in use", "--enclave-socket", node.Socket, "--listen", node.HostAddress.ToString());
        await FailsAsync("qos-enclave", "in use", "--socket", node.Socket, "--nsm", node.NsmSocket, "--dir", folder);
        await FailsAsync("qos-enclave", "another qos-enclave", "--socket", node.In("other"), "--nsm", node.NsmSocket, "--dir", node.Directory);
        await FailsAsync("qos-nsm-sim", "another process", "--socket", node.NsmSocket);
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
    }

    /// <summary>192.0.2.1 is for documentation (RFC 5737), and no machine's.</summary>
    [RootFact]
    public async Task An_address_that_is_not_the_machines_is_said()
    {
        await using LocalNode node = Prepared();
        await FailsAsync("qos-host", "Cannot listen on 192.0.2.1:8088: ", "--enclave-socket", node.Socket, "--listen", "192.0.2.1:8088");
        foreach ((string api, string apps) in ((string, string)[])[("http://192.0.2.1:7800", "http://127.0.0.1:0"), ("http://127.0.0.1:0", "http://192.0.2.1:7880")])
        {
            string folder = node.In($"control-{api.Length}");
            (int made, _, IReadOnlyList<string> complaints) = await RunningProgram.RunAsync("qos-control", "init", "--dir", folder, "--listen", api, "--ingress", apps, "--programs", Path.GetDirectoryName(Programs.Find("qos-control"))!);
            Assert.True(made == 0, string.Join('\n', complaints));
            (int exitCode, _, IReadOnlyList<string> errors) = await RunningProgram.RunAsync("qos-control", "run", "--settings", folder);
            Assert.Equal(1, exitCode);
            Assert.StartsWith($"qos-control: Cannot listen on {new[] { api, apps }.Single(static url => url.Contains("192.0.2.1", StringComparison.Ordinal))[7..]}: ", errors[^1], StringComparison.Ordinal);
            Assert.DoesNotContain(errors, static line => line.Contains("Exception", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_is_missing_is_said_in_one_line()
    {
        await using LocalNode node = await EnclaveAsync();
        string folder = Directory.CreateDirectory(node.In("second")).FullName, socket = node.In("other");
        await FailsAsync("qos-enclave", node.In("no-module"), "--socket", socket, "--nsm", node.In("no-module"), "--dir", folder);
        await FailsAsync("qos-enclave", node.In("root.pem"), "--socket", socket, "--nsm", node.NsmSocket, "--dir", node.In("root.pem"));
        await FailsAsync("qos-enclave", "no-folder", "--socket", node.In("no-folder/s"), "--nsm", node.NsmSocket, "--dir", folder);
        await FailsAsync("qos-nsm-sim", "no-folder", "--socket", node.In("no-folder/s"));
        await FailsAsync("qos-nsm-sim", "no-file", "--socket", socket, "--pcrs", node.In("no-file"));
        await FailsAsync("qos-nsm-sim", folder, "--socket", socket, "--root-out", folder);
    }

    [Theory]
    [InlineData("""{"\ud800":1}""", "half of a surrogate pair")]
    [InlineData("""{"PCR0":"\ud800"}""", "half of a surrogate pair")]
    [InlineData("hello", "line 1")]
    [InlineData("", "there is no PCR")]
    public async Task Measurements_that_are_none_end_the_simulator_with_one_line(string content, string because)
    {
        await using LocalNode node = Prepared();
        string file = node.In("other.pcrs");
        await File.WriteAllTextAsync(file, content);
        await FailsAsync("qos-nsm-sim", because, "--socket", node.In("other"), "--pcrs", file);
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_made_for_the_owner_alone()
    {
        await using LocalNode node = await EnclaveAsync();
        string folder = node.In("new");
        await using RunningProgram second = RunningProgram.Start(
            "qos-enclave", "--socket", node.In("second.sock"), "--nsm", node.NsmSocket, "--dir", folder);
        await second.SaysAsync("listening");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(0, await second.TerminateAsync(s_bounded));
    }

    [Fact]
    public async Task Files_of_an_earlier_node_are_not_taken_for_ones_own()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        await node.BootAsync(quorum.Approve(quorum.Manifest(node, Quiet)), Quiet);
        await node.Enclave.KillAsync();
        await node.Simulator.TerminateAsync();
        await node.StartSimulatorAsync();
        await node.StartEnclaveAsync();
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
        Assert.Empty(node.FileNames);
    }

    [RootFact]
    public async Task A_folder_that_cannot_be_written_to_is_refused_at_the_start()
    {
        await using LocalNode node = Prepared();
        await node.StartSimulatorAsync();
        await using RunningProgram enclave = RunningProgram.StartAt(
            "qos-enclave", "unshare", [.. Mounted("ro"), Programs.Find("qos-enclave"), "--socket", node.Socket, "--nsm", node.NsmSocket, "--dir", node.Directory]);
        Assert.Equal(1, await enclave.ExitAsync());
        AssertOneLine("qos-enclave", node.Directory, enclave.Errors);
    }

    [RootFact]
    public async Task A_full_disk_refuses_the_boot_and_leaves_room_for_a_smaller_one()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode full = Prepared(new NodeSetup { WithHost = false, EnclaveWrapper = ["unshare", .. Mounted("size=256k")] });
        await full.StartSimulatorAsync();
        await full.StartEnclaveAsync();
        byte[] large = [.. Quiet, .. new byte[1024 * 1024]];
        ProtocolError refusal = Refusal(await full.AskAsync(
            new ProtocolMessage.BootStandardRequest(quorum.Approve(quorum.Manifest(full, large)), large)));
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, refusal.Code);
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await full.PhaseAsync());

        await full.RunAsync(quorum, quorum.Manifest(full, Quiet), Quiet);
        AssertReadable(full.Enclave.Errors);
    }

    [Fact]
    public async Task Each_program_ends_with_0_on_SIGTERM_and_leaves_no_socket()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await NodeAsync();
        await node.RunAsync(quorum, quorum.Manifest(node, Quiet), Quiet);
        Assert.Equal(0, await node.Host.TerminateAsync(s_bounded));
        Assert.Equal(0, await node.Enclave.TerminateAsync(s_bounded));
        Assert.Equal(0, await node.Simulator.TerminateAsync(s_bounded));
        Assert.False(File.Exists(node.Socket), "the enclave left its socket");
        Assert.False(File.Exists(node.NsmSocket), "the simulator left its socket");
        AssertReadable([.. node.Host.Errors, .. node.Enclave.Errors, .. node.Simulator.Errors]);
    }

    [Fact]
    public async Task The_host_answers_a_request_in_flight_before_it_ends()
    {
        await using LocalNode node = await NodeAsync();
        byte[] body = "\"statusRequest\""u8.ToArray();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(node.HostAddress);
        await client.SendAsync(Encoding.ASCII.GetBytes($"POST /qos/message HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n"));
        await client.SendAsync(body.AsMemory(0, 5));
        await Eventually.TrueAsync(
            async () => (await node.Http.GetStringAsync("metrics")).Contains("http_request_method=\"POST\",url_scheme=\"http\"} 1", StringComparison.Ordinal), () => node.Log);

        await node.Host.SignalAsync("TERM");
        await Eventually.TrueAsync(async () => !await ListensAsync(node.HostAddress), () => "The host goes on listening.");
        Assert.False(node.Host.HasExited);
        await client.SendAsync(body.AsMemory(5));
        using var answer = new StreamReader(new NetworkStream(client));
        Assert.Contains("WaitingForBootInstruction", await answer.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await node.Host.ExitAsync(s_bounded));
    }

    [Theory]
    [InlineData("--fault-wrong-pcr", ProtocolPhase.UnrecoverableError)]
    [InlineData("--fault-no-locks", ProtocolPhase.UnrecoverableError)]
    [InlineData("--fault-claims-locked", ProtocolPhase.WaitingForBootInstruction)]
    [InlineData("--fault-damage=Truncated", ProtocolPhase.WaitingForBootInstruction)]
    [InlineData("--fault-damage=Garbage", ProtocolPhase.WaitingForBootInstruction)]
    [InlineData("--fault-damage=Trailing", ProtocolPhase.WaitingForBootInstruction)]
    [InlineData("--fault-error=DescribeNSM=InternalError", ProtocolPhase.WaitingForBootInstruction)]
    [InlineData("--fault-error=ExtendPCR=InternalError@2", ProtocolPhase.UnrecoverableError)]
    [InlineData("--fault-error=LockPCRs=InvalidOperation", ProtocolPhase.UnrecoverableError)]
    public async Task A_module_that_lies_or_fails_is_not_believed(string fault, ProtocolPhase after)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync(new NodeSetup { Simulator = fault.Split('=', 2) });
        ProtocolMessage answer = await node.AskAsync(new ProtocolMessage.BootStandardRequest(quorum.Approve(quorum.Manifest(node, Quiet)), Quiet));
        Refusal(answer);
        Assert.Equal(after, await node.PhaseAsync());
        Assert.DoesNotContain("qos.quorum.key", node.FileNames);
        AssertReadable(node.Enclave.Errors);
    }

    [Fact]
    public async Task An_error_of_the_module_in_place_of_the_document_is_passed_on()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync(new NodeSetup { Simulator = ["--fault-error", "Attestation=InternalError"] });
        ProtocolMessage answer = await node.AskAsync(new ProtocolMessage.BootStandardRequest(quorum.Approve(quorum.Manifest(node, Quiet)), Quiet));
        var booted = Assert.IsType<ProtocolMessage.BootStandardResponse>(answer);
        Assert.Equal(new Nsm.NsmResponse.Error(Nsm.NsmError.InternalError), booted.NsmResponse);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
    }

    // A file system of its own in the place of the --dir among the arguments, in a mount namespace that ends with the program.
    private const string MountThenRun =
        """for word; do [ "$last" = --dir ] && dir=$word; last=$word; done; mount -t tmpfs -o "$0" tmpfs "$dir" && exec "$@" """;

    private static string[] Mounted(string options) => ["--mount", "sh", "-c", MountThenRun, options];

    private static async Task<bool> ListensAsync(IPEndPoint address)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task FailsAsync(string program, string because, params string[] arguments)
    {
        (int exitCode, _, string[] errors) = await RunningProgram.RunAsync(program, arguments);
        Assert.True(exitCode == 1, $"exit code {exitCode}: {string.Join('\n', errors)}");
        AssertOneLine(program, because, errors);
    }

    private static void AssertOneLine(string program, string because, string[] errors)
    {
        AssertReadable(errors);
        string line = Assert.Single(errors, line => line.StartsWith($"{program}: ", StringComparison.Ordinal));
        Assert.Contains(because, line, StringComparison.OrdinalIgnoreCase);
    }
}
