using Qos.Nsm;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Node.Tests;

/// <summary>An NSM whose answers lie is not believed. Format: docs/protocol/messages.md, Standard boot, step 3; issue "Bad input".</summary>
public sealed class LyingNsmTests
{
    private const ProtocolPhase Waiting = ProtocolPhase.WaitingForBootInstruction;
    private const ProtocolPhase Ended = ProtocolPhase.UnrecoverableError;

    /// <summary>Each lie with the phase it leads to: before the first extension nothing was changed, after it there is no way back.</summary>
    public static TheoryData<string, ProtocolPhase> Lies => new()
    {
        { "digest SHA256", Waiting },
        { "31 PCRs", Waiting },
        { "PCR16 in the list of locked ones", Waiting },
        { "PCR17 in the list of locked ones", Waiting },
        { "PCR16 locked", Waiting },
        { "PCR17 locked", Waiting },
        { "PCR16 not zero", Waiting },
        { "PCR17 short", Waiting },
        { "error to DescribeNSM", Waiting },
        { "error to DescribePCR", Waiting },
        { "another answer to DescribePCR", Waiting },
        { "no answer at all", Waiting },
        { "error to the first ExtendPCR", Waiting },
        { "error to the first ExtendPCR, which took effect", Ended },
        { "wrong value after the first ExtendPCR", Ended },
        { "wrong value after the second ExtendPCR", Ended },
        { "error to the second ExtendPCR", Ended },
        { "error to LockPCRs", Ended },
        { "fewer PCRs after LockPCRs", Ended },
        { "PCR31 not locked after LockPCRs", Ended },
        { "PCR16 not locked after LockPCRs", Ended },
        { "PCR17 changed by LockPCRs", Ended },
        { "error to the last DescribePCR", Ended },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_lie_is_refused(string lie, ProtocolPhase phase)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        node.Nsm.Lie = (request, count, truth) => Answer(lie, request, count, truth);

        ProtocolError error = node.Refused(quorum.BootRequest);

        Assert.Equal(ProtocolErrorCode.QosAttestError, error.Code);
        Assert.True(phase == node.Phase, $"{lie}: {error} left the phase {node.Phase}");
        Assert.Empty(node.Folder.Names);
        if (phase is Waiting)
        {
            node.Nsm.Lie = null;
            node.Nsm.Requests.Clear();
            node.Boot(quorum);
        }
    }

    [Fact]
    public void The_simulators_own_faults_are_refused()
    {
        (NsmFaults Faults, ProtocolPhase Phase)[] cases =
        [
            (new NsmFaults { WrongPcrAfterExtend = true }, Ended),
            (new NsmFaults { LocksDoNothing = true }, Ended),
            (new NsmFaults { LocksDoNothing = true, ClaimsAllLocked = true }, Waiting),
            (new NsmFaults { Damage = AnswerDamage.Garbage }, Waiting),
            (new NsmFaults { Damage = AnswerDamage.Truncated }, Waiting),
            (new NsmFaults { Errors = [new NsmErrorFault(NsmRequestKind.LockPCRs, NsmError.InvalidOperation)] }, Ended),
        ];
        foreach ((NsmFaults faults, ProtocolPhase phase) in cases)
        {
            using var quorum = new TestQuorum();
            using var node = new TestNode(quorum) { Faults = faults };
            ProtocolError error = node.Refused(quorum.BootRequest);
            Assert.Equal(ProtocolErrorCode.QosAttestError, error.Code);
            Assert.True(phase == node.Phase, $"{faults}: {error} left the phase {node.Phase}");
            Assert.Empty(node.Folder.Names);
        }
    }

    private static NsmResponse? Answer(string lie, NsmRequest request, int count, Func<NsmResponse> truth) => (lie, request) switch
    {
        ("digest SHA256", NsmRequest.DescribeNsm) => Module(truth) with { Digest = NsmDigest.Sha256 },
        ("31 PCRs", NsmRequest.DescribeNsm) => Module(truth) with { MaxPcrs = 31 },
        ("PCR16 in the list of locked ones", NsmRequest.DescribeNsm) => Module(truth) with { LockedPcrs = [16] },
        ("PCR17 in the list of locked ones", NsmRequest.DescribeNsm) => Module(truth) with { LockedPcrs = [17] },
        ("PCR16 locked", NsmRequest.DescribePcr(16)) => Value(truth) with { Lock = true },
        ("PCR17 locked", NsmRequest.DescribePcr(17)) => Value(truth) with { Lock = true },
        ("PCR16 not zero", NsmRequest.DescribePcr(16)) => Value(truth) with { Data = TestQuorum.PcrValue(0) },
        ("PCR17 short", NsmRequest.DescribePcr(17)) => Value(truth) with { Data = new byte[32] },
        ("error to DescribeNSM", NsmRequest.DescribeNsm) => Error,
        ("error to DescribePCR", NsmRequest.DescribePcr) => Error,
        ("another answer to DescribePCR", NsmRequest.DescribePcr) => new NsmResponse.LockPcr(),
        ("no answer at all", _) => throw new NsmException("the device is gone"),
        ("error to the first ExtendPCR", NsmRequest.ExtendPcr) when count == 1 => Error,
        ("error to the first ExtendPCR, which took effect", NsmRequest.ExtendPcr) when count == 1 => After(truth, Error),
        ("wrong value after the first ExtendPCR", NsmRequest.ExtendPcr) when count == 1 =>
            After(truth, new NsmResponse.ExtendPcr(TestQuorum.PcrValue(1))),
        ("wrong value after the second ExtendPCR", NsmRequest.ExtendPcr) when count == 2 =>
            After(truth, new NsmResponse.ExtendPcr(TestQuorum.PcrValue(1))),
        ("error to the second ExtendPCR", NsmRequest.ExtendPcr) when count == 2 => Error,
        ("error to LockPCRs", NsmRequest.LockPcrs) => Error,
        ("fewer PCRs after LockPCRs", NsmRequest.DescribeNsm) when count == 2 => Module(truth) with { MaxPcrs = 18 },
        ("PCR31 not locked after LockPCRs", NsmRequest.DescribeNsm) when count == 2 =>
            Module(truth) with { LockedPcrs = [.. Enumerable.Range(0, 31).Select(index => (ushort)index)] },
        ("PCR16 not locked after LockPCRs", NsmRequest.DescribePcr(16)) when count > 2 => Value(truth) with { Lock = false },
        ("PCR17 changed by LockPCRs", NsmRequest.DescribePcr(17)) when count > 2 => Value(truth) with { Data = new byte[48] },
        ("error to the last DescribePCR", NsmRequest.DescribePcr) when count == 4 => Error,
        _ => null,
    };

    private static NsmResponse.Error Error => new(NsmError.InternalError);

    private static NsmResponse.DescribeNsm Module(Func<NsmResponse> truth) => (NsmResponse.DescribeNsm)truth();

    private static NsmResponse.DescribePcr Value(Func<NsmResponse> truth) => (NsmResponse.DescribePcr)truth();

    private static NsmResponse After(Func<NsmResponse> truth, NsmResponse lie)
    {
        truth();
        return lie;
    }
}
