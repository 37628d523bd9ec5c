using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Node;
using Qos.Protocol;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>A pivot in a folder, a supervisor over it, and what both of them say.</summary>
internal sealed class PivotRun : IDisposable
{
    private readonly Channel<PivotStatus> _statuses = Channel.CreateUnbounded<PivotStatus>();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private Task<PivotOutcome>? _started;

    public PivotRun(Func<PivotSupervisorOptions, PivotSupervisorOptions>? change = null)
    {
        var options = new PivotSupervisorOptions { Time = Time, Console = line => _lines.Writer.TryWrite(line), ReapsOrphans = true, Confinement = PivotConfinement.WherePermitted };
        Supervisor = new PivotSupervisor(
            change is null ? options : change(options),
            status => _statuses.Writer.TryWrite(status),
            NullLogger<PivotSupervisor>.Instance);
    }

    public TestFolder Folder { get; } = new();

    public ManualTime Time { get; } = new();

    public PivotSupervisor Supervisor { get; }

    public string PivotPath => Folder["qos.pivot.bin"];

    /// <summary>Publishes a program and gives the launch of it.</summary>
    public PivotLaunch Publish(byte[] program)
    {
        File.WriteAllBytes(PivotPath, program);
        File.SetUnixFileMode(PivotPath, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new PivotLaunch { Path = PivotPath, Sha256 = SHA256.HashData(program) };
    }

    public PivotLaunch PublishScript(string script) => Publish(Encoding.UTF8.GetBytes("#!/bin/sh\n" + script));

    public Task<PivotOutcome> Start(PivotLaunch launch) => _started = Supervisor.Start(launch);

    public async Task<PivotStatus> NextStatus() => await _statuses.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<string> NextLine() => await _lines.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>After this a test has hung; no test waits for it otherwise.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(60);

    public void Dispose()
    {
        // A supervisor that a failed test leaves behind would reap the children of the next test, at which .NET ends the whole process.
        if (_started is { IsCompleted: false })
            Assert.True(Supervisor.StopAsync(_started).Wait(Patience), "the pivot does not end");
        Supervisor.Dispose();
        Folder.Dispose();
    }
}
