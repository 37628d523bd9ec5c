using System.Security.Cryptography;
using Qos.Nsm;

namespace Qos.Simulator.Tests;

/// <summary>The module's behaviour as the device has it: the bank, the locks, the refusals. Format: docs/protocol/nsm.md, Device and The simulator.</summary>
public sealed class SoftwareNsmTests
{
    private static readonly SimulatorPki s_pki = SimulatorPki.Create();

    private static SoftwareNsm Module(SoftwareNsmOptions? options = null) => new((options ?? new()) with { Pki = s_pki });

    private static NsmError ErrorOf(NsmResponse response) => Assert.IsType<NsmResponse.Error>(response).Code;

    private static NsmResponse.DescribePcr PcrOf(SoftwareNsm nsm, int index) =>
        Assert.IsType<NsmResponse.DescribePcr>(nsm.Send(new NsmRequest.DescribePcr((ushort)index)));

    [Fact]
    public void At_the_start_the_first_16_PCRs_are_locked_and_the_rest_zero_and_open()
    {
        byte[] measured = SHA384.HashData([1]);
        using SoftwareNsm nsm = Module(new() { Pcrs = new Dictionary<int, byte[]> { [0] = measured } });

        var description = Assert.IsType<NsmResponse.DescribeNsm>(nsm.Send(new NsmRequest.DescribeNsm()));
        Assert.Equal(Enumerable.Range(0, 16).Select(i => (ushort)i), description.LockedPcrs);
        Assert.Equal(32, description.MaxPcrs);
        Assert.Equal(NsmDigest.Sha384, description.Digest);
        Assert.Equal(nsm.ModuleId, description.ModuleId);

        for (int index = 0; index < 32; index++)
        {
            NsmResponse.DescribePcr pcr = PcrOf(nsm, index);
            Assert.Equal(index < 16, pcr.Lock);
            Assert.Equal(index == 0 ? measured : new byte[48], pcr.Data.ToArray());
        }
    }

    [Fact]
    public void An_open_PCR_is_extended_with_SHA384_of_its_value_and_the_data()
    {
        using SoftwareNsm nsm = Module();
        byte[] first = SHA384.HashData([.. new byte[48], 1, 2, 3]);
        byte[] second = SHA384.HashData([.. first, 4]);

        Assert.Equal(first, Assert.IsType<NsmResponse.ExtendPcr>(nsm.Send(new NsmRequest.ExtendPcr(16, new byte[] { 1, 2, 3 }))).Data.ToArray());
        Assert.Equal(second, Assert.IsType<NsmResponse.ExtendPcr>(nsm.Send(new NsmRequest.ExtendPcr(16, new byte[] { 4 }))).Data.ToArray());
        Assert.Equal(second, PcrOf(nsm, 16).Data.ToArray());
        Assert.Equal(new byte[48], PcrOf(nsm, 17).Data.ToArray());
    }

    [Fact]
    public void A_locked_PCR_can_be_neither_extended_nor_locked_again()
    {
        using SoftwareNsm nsm = Module();
        for (ushort index = 0; index < 16; index++)
        {
            Assert.Equal(NsmError.ReadOnlyIndex, ErrorOf(nsm.Send(new NsmRequest.ExtendPcr(index, new byte[] { 1 }))));
            Assert.Equal(NsmError.ReadOnlyIndex, ErrorOf(nsm.Send(new NsmRequest.LockPcr(index))));
        }

        Assert.IsType<NsmResponse.LockPcr>(nsm.Send(new NsmRequest.LockPcr(20)));
        Assert.Equal(NsmError.ReadOnlyIndex, ErrorOf(nsm.Send(new NsmRequest.ExtendPcr(20, new byte[] { 1 }))));
        Assert.IsType<NsmResponse.ExtendPcr>(nsm.Send(new NsmRequest.ExtendPcr(21, new byte[] { 1 })));
    }

    [Fact]
    public void A_range_is_locked_from_zero_and_may_be_locked_again()
    {
        using SoftwareNsm nsm = Module();
        Assert.IsType<NsmResponse.LockPcrs>(nsm.Send(new NsmRequest.LockPcrs(18)));
        Assert.True(PcrOf(nsm, 17).Lock);
        Assert.False(PcrOf(nsm, 18).Lock);
        Assert.IsType<NsmResponse.LockPcrs>(nsm.Send(new NsmRequest.LockPcrs(32)));
        Assert.IsType<NsmResponse.LockPcrs>(nsm.Send(new NsmRequest.LockPcrs(32)));
        Assert.True(PcrOf(nsm, 31).Lock);
        Assert.Equal(NsmError.InvalidIndex, ErrorOf(nsm.Send(new NsmRequest.LockPcrs(33))));
    }

    [Fact]
    public void An_index_past_the_last_PCR_is_refused()
    {
        using SoftwareNsm nsm = Module();
        foreach (ushort index in new ushort[] { 32, 33, 255, 256, ushort.MaxValue })
        {
            Assert.Equal(NsmError.InvalidIndex, ErrorOf(nsm.Send(new NsmRequest.DescribePcr(index))));
            Assert.Equal(NsmError.InvalidIndex, ErrorOf(nsm.Send(new NsmRequest.ExtendPcr(index, new byte[] { 1 }))));
            Assert.Equal(NsmError.InvalidIndex, ErrorOf(nsm.Send(new NsmRequest.LockPcr(index))));
        }
    }

    [Fact]
    public void Random_bytes_are_256_and_differ()
    {
        using SoftwareNsm nsm = Module();
        byte[] first = Assert.IsType<NsmResponse.GetRandom>(nsm.Send(new NsmRequest.GetRandom())).Random.ToArray();
        byte[] second = Assert.IsType<NsmResponse.GetRandom>(nsm.Send(new NsmRequest.GetRandom())).Random.ToArray();
        Assert.Equal(256, first.Length);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData(513, 0, 1, NsmError.InputTooLarge)]
    [InlineData(0, 513, 1, NsmError.InputTooLarge)]
    [InlineData(0, 0, 1025, NsmError.InputTooLarge)]
    [InlineData(0, 0, 0, NsmError.InvalidArgument)]
    public void Fields_that_no_document_may_hold_are_refused(int userData, int nonce, int publicKey, NsmError expected)
    {
        using SoftwareNsm nsm = Module();
        var request = new NsmRequest.Attestation(new byte[userData], new byte[nonce], new byte[publicKey]);
        Assert.Equal(expected, ErrorOf(nsm.Send(request)));
    }

    [Fact]
    public void What_is_no_request_is_answered_with_an_error()
    {
        using SoftwareNsm nsm = Module();
        foreach (string hex in new[] { "", "00", "60", "a0", "6a4465736372696265", "ff", "a1694c6f636b50435273a0" })
        {
            NsmResponse answer = NsmCodec.DecodeResponse(nsm.Answer(Convert.FromHexString(hex)));
            Assert.Equal(NsmError.InvalidOperation, ErrorOf(answer));
        }

        Assert.Equal(NsmError.InputTooLarge, ErrorOf(NsmCodec.DecodeResponse(nsm.Answer(new byte[4097]))));
    }

    [Fact]
    public void Each_module_has_its_own_name()
    {
        using SoftwareNsm one = Module();
        using SoftwareNsm other = Module();
        Assert.NotEqual(one.ModuleId, other.ModuleId);
        Assert.StartsWith("sim-", one.ModuleId, StringComparison.Ordinal);
    }
}
