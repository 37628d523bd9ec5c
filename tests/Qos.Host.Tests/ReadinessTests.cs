using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host.Tests;

public sealed class ReadinessTests
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    private readonly FakeTime _time = new();
    private readonly Readiness _readiness;

    public ReadinessTests()
    {
        var settings = new HostSettings { Enclave = EnclaveAddress.Vsock(16), Listen = [new IPEndPoint(IPAddress.Loopback, 1)], Bridges = false };
        _readiness = new Readiness(settings, new HostBridges(settings, new DescriptorPlan(1024), _time, NullLogger<HostBridges>.Instance), [], _time);
    }

    [Theory]
    [InlineData(ProtocolPhase.WaitingForBootInstruction)]
    [InlineData(ProtocolPhase.WaitingForQuorumShards)]
    [InlineData(ProtocolPhase.GenesisBooted)]
    [InlineData(ProtocolPhase.UnrecoverableError)]
    public void A_node_that_is_not_provisioned_is_not_ready(ProtocolPhase phase) =>
        Assert.Equal(phase.ToString(), _readiness.Problem(new NodeStatus(phase, null, null)));

    [Fact]
    public void An_app_that_runs_is_ready_once_it_has_settled()
    {
        Assert.Equal("the app has just been started", Problem(PivotState.Running));
        _time.Advance(Readiness.Settled - s_moment);
        Assert.NotNull(Problem(PivotState.Running));
        _time.Advance(s_moment);
        Assert.Null(Problem(PivotState.Running));
    }

    [Fact]
    public void An_app_that_crashes_again_and_again_is_never_ready()
    {
        Problem(PivotState.Running);
        _time.Advance(Readiness.Settled);
        Assert.Null(Problem(PivotState.Running));
        for (uint restarts = 1; restarts < 20; restarts++)
        {
            Assert.Contains("is being restarted: it last exited with code 3", Problem(PivotState.Restarting, restarts - 1, 3), StringComparison.Ordinal);
            Assert.Contains("runs for a moment only", Problem(PivotState.Running, restarts, 3), StringComparison.Ordinal);
            _time.Advance(Readiness.SettledAgain - s_moment);
            Assert.NotNull(Problem(PivotState.Running, restarts, 3));
        }

        _time.Advance(s_moment);
        Assert.Null(Problem(PivotState.Running, 19, 3));
    }

    [Fact]
    public void A_restart_that_was_not_seen_is_told_by_its_number()
    {
        Problem(PivotState.Running);
        _time.Advance(Readiness.Settled);
        Assert.Null(Problem(PivotState.Running));
        Assert.NotNull(Problem(PivotState.Running, 1, 3));
        _time.Advance(Readiness.Settled);
        Assert.NotNull(Problem(PivotState.Running, 1, 3));
    }

    [Fact]
    public void Restarts_before_this_host_came_do_not_count()
    {
        Problem(PivotState.Running, 5, 3);
        _time.Advance(Readiness.Settled);
        Assert.Null(Problem(PivotState.Running, 5, 3));
    }

    [Theory]
    [InlineData(PivotState.Waiting, "not started yet")]
    [InlineData(PivotState.Exited, "is not restarted")]
    [InlineData(PivotState.Failed, "cannot be started: exec format error")]
    public void An_app_that_does_not_run_is_said_as_what_it_is(PivotState state, string says)
    {
        var pivot = new PivotStatus(state, 0, null) { Reason = state == PivotState.Failed ? "exec format error" : null };
        Assert.Contains(says, _readiness.Problem(new NodeStatus(ProtocolPhase.QuorumKeyProvisioned, null, pivot)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bridge_that_the_enclave_cannot_open_is_said()
    {
        var pivot = new PivotStatus(PivotState.Running, 0, null) { Bridges = [new BridgeStatus(true, 3000, null), new BridgeStatus(false, 443, "port in use")] };
        var status = new NodeStatus(ProtocolPhase.QuorumKeyProvisioned, null, pivot);
        _readiness.Problem(status);
        _time.Advance(Readiness.Settled);
        Assert.Equal("the enclave's half of the bridge of port 443 is not open: port in use", _readiness.Problem(status));
    }

    [Fact]
    public void An_enclave_of_another_make_tells_its_phase_alone() =>
        Assert.Null(_readiness.Problem(new NodeStatus(ProtocolPhase.QuorumKeyProvisioned, null, null)));

    private string? Problem(PivotState state, uint restarts = 0, int? exit = null) => _readiness.Problem(
        new NodeStatus(ProtocolPhase.QuorumKeyProvisioned, null, new PivotStatus(state, restarts, exit is null ? null : new PivotExit(exit, null))));
}
