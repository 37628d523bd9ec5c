using FsCheck;
using FsCheck.Fluent;
using Qos.Nsm;

namespace Qos.Simulator.Tests;

/// <summary>The fault switches do what they say and nothing else. Format: docs/protocol/nsm.md, The simulator.</summary>
public sealed class FaultTests
{
    private static readonly SimulatorPki s_pki = SimulatorPki.Create();

    private static SoftwareNsm Module(NsmFaults faults) => new(new() { Pki = s_pki, Faults = faults });

    [Fact]
    public void A_kind_of_request_fails_from_the_named_one_on_and_has_no_effect()
    {
        using SoftwareNsm nsm = Module(new() { Errors = [new(NsmRequestKind.ExtendPCR, NsmError.InternalError, From: 2)] });
        byte[] first = Assert.IsType<NsmResponse.ExtendPcr>(nsm.Send(new NsmRequest.ExtendPcr(16, new byte[] { 1 }))).Data.ToArray();
        for (int i = 0; i < 3; i++)
        {
            var error = Assert.IsType<NsmResponse.Error>(nsm.Send(new NsmRequest.ExtendPcr(16, new byte[] { 1 })));
            Assert.Equal(NsmError.InternalError, error.Code);
        }

        Assert.Equal(first, Assert.IsType<NsmResponse.DescribePcr>(nsm.Send(new NsmRequest.DescribePcr(16))).Data.ToArray());
    }

    [Theory]
    [InlineData("ExtendPCR=InternalError@2", NsmRequestKind.ExtendPCR, NsmError.InternalError, 2)]
    [InlineData("Attestation=InvalidOperation", NsmRequestKind.Attestation, NsmError.InvalidOperation, 1)]
    public void A_fault_is_read_from_text(string text, NsmRequestKind kind, NsmError error, int from) =>
        Assert.Equal(new NsmErrorFault(kind, error, from), NsmErrorFault.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("ExtendPCR")]
    [InlineData("ExtendPCR=")]
    [InlineData("2=1")]
    [InlineData("Extendpcr=InternalError")]
    [InlineData("ExtendPCR=InternalError@0")]
    [InlineData("ExtendPCR=InternalError@x")]
    public void Another_text_is_refused(string text) => Assert.Throws<FormatException>(() => NsmErrorFault.Parse(text));

    [Fact]
    public void Any_fault_comes_back_and_any_text_is_one_or_refused()
    {
        Prop.ForAll<NsmRequestKind, NsmError, PositiveInt>(static (kind, error, from) =>
            Assert.Equal(new NsmErrorFault(kind, error, from.Get), NsmErrorFault.Parse($"{kind}={error}@{from.Get}"))).QuickCheckThrowOnFailure();
        string[] pieces = ["ExtendPCR", "Attestation", "=", "@", "InternalError", "Success", "1", "0", "-", " ", "99999999999"];
        Prop.ForAll<int[]>(choices =>
        {
            string text = string.Concat(choices.Select(choice => pieces[(int)((uint)choice % pieces.Length)]));
            try
            {
                NsmErrorFault fault = NsmErrorFault.Parse(text);
                Assert.StartsWith($"{fault.Kind}={fault.Error}", text, StringComparison.Ordinal);
            }
            catch (FormatException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void A_wrong_PCR_is_wrong_everywhere()
    {
        using SoftwareNsm nsm = Module(new() { WrongPcrAfterExtend = true });
        byte[] right = Pcr.Extend(new byte[48], [1]);
        byte[] answered = Assert.IsType<NsmResponse.ExtendPcr>(nsm.Send(new NsmRequest.ExtendPcr(16, new byte[] { 1 }))).Data.ToArray();
        Assert.NotEqual(right, answered);
        Assert.Equal(answered, Assert.IsType<NsmResponse.DescribePcr>(nsm.Send(new NsmRequest.DescribePcr(16))).Data.ToArray());
    }

    [Fact]
    public void Locks_that_do_nothing_are_answered_with_success()
    {
        using SoftwareNsm nsm = Module(new() { LocksDoNothing = true });
        Assert.IsType<NsmResponse.LockPcrs>(nsm.Send(new NsmRequest.LockPcrs(32)));
        Assert.IsType<NsmResponse.LockPcr>(nsm.Send(new NsmRequest.LockPcr(16)));
        Assert.False(Assert.IsType<NsmResponse.DescribePcr>(nsm.Send(new NsmRequest.DescribePcr(16))).Lock);
    }

    [Fact]
    public void A_lying_description_claims_locks_that_are_not_there()
    {
        using SoftwareNsm nsm = Module(new() { ClaimsAllLocked = true });
        Assert.True(Assert.IsType<NsmResponse.DescribePcr>(nsm.Send(new NsmRequest.DescribePcr(16))).Lock);
        Assert.Equal(32, Assert.IsType<NsmResponse.DescribeNsm>(nsm.Send(new NsmRequest.DescribeNsm())).LockedPcrs.Count);
        Assert.IsType<NsmResponse.ExtendPcr>(nsm.Send(new NsmRequest.ExtendPcr(16, new byte[] { 1 })));
    }

    [Theory]
    [InlineData(AnswerDamage.Truncated)]
    [InlineData(AnswerDamage.Garbage)]
    [InlineData(AnswerDamage.Trailing)]
    public void Damaged_answers_are_no_answers(AnswerDamage damage)
    {
        using SoftwareNsm nsm = Module(new() { Damage = damage });
        NsmRequest[] requests =
        [
            new NsmRequest.DescribeNsm(), new NsmRequest.DescribePcr(0), new NsmRequest.ExtendPcr(16, new byte[1]), new NsmRequest.LockPcr(16),
            new NsmRequest.LockPcrs(20), new NsmRequest.Attestation(), new NsmRequest.GetRandom(),
        ];
        Assert.All(requests, request => Assert.Throws<NsmException>(() => nsm.Send(request)));
    }

    [Fact]
    public void A_test_can_act_before_each_answer()
    {
        var seen = new List<NsmRequest>();
        using SoftwareNsm nsm = Module(new() { BeforeAnswer = seen.Add });
        nsm.Send(new NsmRequest.GetRandom());
        nsm.Faults = NsmFaults.None;
        nsm.Send(new NsmRequest.DescribeNsm());
        Assert.IsType<NsmRequest.GetRandom>(Assert.Single(seen));
    }
}
