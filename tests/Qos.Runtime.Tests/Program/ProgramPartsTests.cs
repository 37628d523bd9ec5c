using Microsoft.Extensions.Logging;
using Qos.Enclave;
using Qos.Nsm;
using Qos.Simulator;

namespace Qos.Runtime.Tests.Program;

public sealed class ProgramPartsTests
{
    [Fact]
    public void A_folder_is_one_process_s_at_a_time()
    {
        using var folder = new TestFolder();
        using (FolderLock.Take(folder.Path))
        {
            IOException refused = Assert.Throws<IOException>(() => FolderLock.Take(folder.Path));
            Assert.Contains("is used by another qos-enclave", refused.Message, StringComparison.Ordinal);
        }

        FolderLock.Take(folder.Path).Dispose();
    }

    [Fact]
    public void A_folder_that_is_missing_is_made_for_its_owner_alone()
    {
        using var folder = new TestFolder();
        FolderLock.Take(folder["new"]).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["new"]));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused_in_one_line()
    {
        // Where even root cannot make a file.
        IOException refused = Assert.Throws<IOException>(() => FolderLock.Take("/proc/self"));
        Assert.Contains("/proc/self cannot be used", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task The_simulator_is_asked_again_after_it_was_gone()
    {
        using var folder = new TestFolder();
        using SimulatorPki pki = SimulatorPki.Create();
        using var software = new SoftwareNsm(new SoftwareNsmOptions { Pki = pki });
        Assert.Throws<NsmException>(() => SimulatorNsm.Connect(folder["nsm"], TimeSpan.Zero, null, CancellationToken.None));

        SimulatorNsm module;
        using (var first = new RunningSimulator(software, folder["nsm"]))
        {
            module = SimulatorNsm.Connect(folder["nsm"], TimeSpan.Zero, null, CancellationToken.None);
            Assert.IsType<NsmResponse.DescribeNsm>(module.Send(new NsmRequest.DescribeNsm()));
            await first.StopAsync();
        }

        Assert.Throws<NsmException>(() => module.Send(new NsmRequest.DescribeNsm()));
        using (var second = new RunningSimulator(software, folder["nsm"]))
        {
            // Threads of their own: each waits for its answer, and the simulator needs the pool's to give one.
            NsmResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
                Task.Factory.StartNew(() => module.Send(new NsmRequest.GetRandom()), TaskCreationOptions.LongRunning)));
            Assert.All(answers, answer => Assert.IsType<NsmResponse.GetRandom>(answer));
            await second.StopAsync();
        }

        module.Dispose();
    }

    [Fact]
    public async Task A_simulator_that_starts_later_is_waited_for()
    {
        using var folder = new TestFolder();
        using SimulatorPki pki = SimulatorPki.Create();
        using var software = new SoftwareNsm(new SoftwareNsmOptions { Pki = pki });
        RunningSimulator? running = null;
        int said = 0;
        void Start(string path, double seconds)
        {
            said++;
            Assert.Equal((folder["nsm"], 60), (path, seconds));
            running = new RunningSimulator(software, folder["nsm"]);
        }

        using (SimulatorNsm module = SimulatorNsm.Connect(folder["nsm"], TimeSpan.FromSeconds(60), Start, CancellationToken.None))
        {
            NsmResponse answer = await Task.Factory.StartNew(() => module.Send(new NsmRequest.DescribeNsm()), TaskCreationOptions.LongRunning);
            Assert.IsType<NsmResponse.DescribeNsm>(answer);
        }

        Assert.Equal(1, said);
        await running!.StopAsync();
        running.Dispose();
    }

    [Fact]
    public void The_waiting_for_a_simulator_ends_when_the_program_does()
    {
        using var folder = new TestFolder();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            SimulatorNsm.Connect(folder["nsm"], TimeSpan.FromSeconds(60), (_, _) => stop.Cancel(), stop.Token));
    }

    [Fact]
    public void A_log_line_is_one_line_whatever_it_holds()
    {
        var lines = new List<string>();
        var time = new ManualTime();
        using (var log = new ConsoleLog(line => { lines.Add(line); return true; }, time))
        {
            log.LogWarning("from {Peer}", "a\nb\u001b[2J");
            log.LogDebug("not shown");
        }

        Assert.Equal(["1970-01-01T00:00:00.000Z warning from a\\u{a}b\\u{1b}[2J"], lines);
    }

    private sealed class RunningSimulator : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly SimulatorServer _server;
        private readonly Task _running;

        public RunningSimulator(SoftwareNsm module, string path)
        {
            _server = SimulatorServer.Listen(() => module, path);
            _running = _server.RunAsync(_stop.Token);
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _running;
        }

        public void Dispose()
        {
            _server.Dispose();
            _stop.Dispose();
        }
    }
}
